// A gate in front of a server: what goes through it can be cut and let through again, whatever server it is.
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

export class Gate {
  private server: Server | null = null;
  private port = 0;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly to: URL) {}

  get url(): string {
    return `${this.to.protocol}//127.0.0.1:${this.port}`;
  }

  async open(): Promise<this> {
    const port = Number(this.to.port || (this.to.protocol === "https:" ? 443 : 80));
    const server = createServer((near) => {
      const far = connect(port, this.to.hostname);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        this.sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          this.sockets.delete(one);
          other.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    await new Promise<void>((resolve) => {
      server.listen(this.port, "127.0.0.1", resolve);
    });
    this.port = (server.address() as AddressInfo).port;
    this.server = server;
    return this;
  }

  async cut(): Promise<void> {
    const server = this.server;
    this.server = null;
    const closed = new Promise<void>((resolve) => {
      if (server === null) resolve();
      else server.close(() => resolve());
    });
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}
