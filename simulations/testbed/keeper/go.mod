module prescale.dev/testbed/keeper

go 1.26.0
