# Talks to the virtual board that comes with the server; a real one is used in the same way.
import llmos

for device in llmos.devices.list():
    print(device["id"], device["state"])

with llmos.devices.open("virtual-1", wait=30) as board:
    print(board.command("get_info"))
    for level in (1, 0):
        print(board.command("set_gpio", pin=2, state=level))

    board.reset()
    print(board.expect(r"llmos: ready").group())
