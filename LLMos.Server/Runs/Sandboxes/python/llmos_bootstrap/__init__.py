"""The trusted half of the sandbox: imports what programs use, forks, seals the child, hands over."""
