// The keeper is the parent of every process of a testbed. Its owner tells it on standard input what to start and
// signal, one JSON object a line, and hears of starts and ends on standard output. When standard input closes, which
// the kernel sees to however the owner ends, the keeper kills what it started and removes the testbed's folder.
//
// Should the keeper itself be killed, each child dies by its parent-death signal.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"syscall"
)

// Order is one line from the owner: either starts a process, or signals one that was started.
type Order struct {
	Name string `json:"name"`
	// Start: the program and its arguments, variables added to the keeper's own, and the file its output is added to.
	Command     []string          `json:"command,omitempty"`
	Environment map[string]string `json:"environment,omitempty"`
	Log         string            `json:"log,omitempty"`
	// Signal: KILL, TERM, STOP or CONT, for the whole process group.
	Signal string `json:"signal,omitempty"`
}

// Event is one line to the owner. Error says why an order was refused.
type Event struct {
	Name  string `json:"name"`
	Event string `json:"event"`
	PID   int    `json:"pid,omitempty"`
	Error string `json:"error,omitempty"`
}

var signals = map[string]syscall.Signal{
	"KILL": syscall.SIGKILL, "TERM": syscall.SIGTERM, "STOP": syscall.SIGSTOP, "CONT": syscall.SIGCONT,
}

func init() {
	// A parent-death signal follows the thread that forked: every child is started from the main one, which stays.
	runtime.LockOSThread()
}

func main() {
	remove := flag.String("remove", "", "folder to remove at the end")
	flag.Parse()
	// Ctrl-C reaches the whole terminal group. The owner decides when to end; we follow it.
	signal.Ignore(syscall.SIGINT, syscall.SIGHUP, syscall.SIGPIPE)
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)

	keeper := Keeper{running: map[string]*exec.Cmd{}, ended: make(chan *Child), out: json.NewEncoder(os.Stdout)}
	orders := readOrders()
	for open := true; open; {
		select {
		case order, more := <-orders:
			if open = more; more {
				keeper.follow(order)
			}
		case child := <-keeper.ended:
			keeper.bury(child)
		case <-asked:
			open = false
		}
	}
	keeper.killAll()
	if *remove != "" {
		_ = os.RemoveAll(*remove)
	}
}

// Child is a process that ended, and how.
type Child struct {
	name    string
	command *exec.Cmd
}

// Keeper holds what runs.
type Keeper struct {
	running map[string]*exec.Cmd
	ended   chan *Child
	out     *json.Encoder
}

func (k *Keeper) follow(order Order) {
	var err error
	if order.Signal != "" {
		err = k.signal(order)
	} else {
		err = k.start(order)
	}
	if err != nil {
		k.say(Event{Name: order.Name, Event: "refused", Error: err.Error()})
	}
}

func (k *Keeper) start(order Order) error {
	if k.running[order.Name] != nil {
		return fmt.Errorf("%s runs already", order.Name)
	}
	if len(order.Command) == 0 {
		return fmt.Errorf("%s has no command", order.Name)
	}
	log, err := os.OpenFile(order.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	command := exec.Command(order.Command[0], order.Command[1:]...)
	command.Stdout, command.Stderr = log, log
	command.Env = os.Environ()
	for name, value := range order.Environment {
		command.Env = append(command.Env, name+"="+value)
	}
	// A group of its own, so that its own children end with it.
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := command.Start(); err != nil {
		return err
	}
	k.running[order.Name] = command
	k.say(Event{Name: order.Name, Event: "started", PID: command.Process.Pid})
	go func() {
		_ = command.Wait()
		k.ended <- &Child{order.Name, command}
	}()
	return nil
}

func (k *Keeper) signal(order Order) error {
	number, known := signals[order.Signal]
	if !known {
		return fmt.Errorf("%s: no such signal: %s", order.Name, order.Signal)
	}
	command := k.running[order.Name]
	if command == nil {
		return fmt.Errorf("%s does not run", order.Name)
	}
	return syscall.Kill(-command.Process.Pid, number)
}

func (k *Keeper) bury(child *Child) {
	pid := child.command.Process.Pid
	// What it left behind in its group goes too.
	_ = syscall.Kill(-pid, syscall.SIGKILL)
	delete(k.running, child.name)
	k.say(Event{Name: child.name, Event: "ended", PID: pid, Error: child.command.ProcessState.String()})
}

// killAll ends everything at once: the data of a testbed is thrown away, so nobody needs a graceful end.
func (k *Keeper) killAll() {
	for _, command := range k.running {
		_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
	}
	for len(k.running) > 0 {
		k.bury(<-k.ended)
	}
}

// say writes an event. The owner may be gone: then nobody has to hear it.
func (k *Keeper) say(event Event) {
	_ = k.out.Encode(event)
}

// readOrders turns lines into orders, and closes its channel when the owner is gone or makes no sense.
func readOrders() <-chan Order {
	orders := make(chan Order)
	go func() {
		defer close(orders)
		decoder := json.NewDecoder(bufio.NewReader(os.Stdin))
		for {
			var order Order
			if err := decoder.Decode(&order); err != nil {
				return
			}
			orders <- order
		}
	}()
	return orders
}
