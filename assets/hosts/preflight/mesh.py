# The same as mesh.pl, for hosts that have Python and no Perl. Any Python from 2.7 on.
import errno, select, socket, sys, time
action, seconds, targets = sys.argv[1], float(sys.argv[2]), sys.argv[3:]
def say(line):
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
if action == "listen":
    tcp, udp = [], []
    for target in targets:
        port, protocol = target.split("/")
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
        if protocol == "tcp":
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("0.0.0.0", int(port)))
            if protocol == "tcp":
                s.listen(128)
            s.setblocking(False)
            (udp if protocol == "udp" else tcp).append(s)
            say("listening " + target)
        except (OSError, socket.error):
            say("held " + target)
    say("ready")
    end = time.time() + seconds
    while time.time() < end:
        ready = select.select([sys.stdin] + tcp + udp, [], [], 1)[0]
        if sys.stdin in ready and not sys.stdin.readline():
            break
        for s in ready:
            try:
                if s in tcp:
                    s.accept()[0].close()
                elif s in udp:
                    data, peer = s.recvfrom(200)
                    s.sendto(data, peer)
            except (OSError, socket.error):
                pass
    sys.exit(0)
waiting, datagrams = {}, {}
for target in targets:
    address, rest = target.rsplit(":", 1)
    port, protocol = rest.split("/")
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM if protocol == "udp" else socket.SOCK_STREAM)
    s.setblocking(False)
    code = s.connect_ex((address, int(port)))
    if protocol == "udp":
        # A datagram may be lost by chance, so there are three.
        datagrams[s] = [target, 3]
    elif code == 0:
        say(target + " open")
    elif code in (errno.EINPROGRESS, errno.EWOULDBLOCK):
        waiting[s] = target
    else:
        say(target + (" refused" if code == errno.ECONNREFUSED else " unreachable"))
start, sent = time.time(), 0
while (waiting or datagrams) and time.time() - start < seconds:
    if time.time() - sent >= 0.5:
        sent = time.time()
        for s, entry in list(datagrams.items()):
            if entry[1] > 0:
                entry[1] -= 1
                try:
                    s.send(b"landfall")
                except (OSError, socket.error):
                    pass
    readable, writable, _ = select.select(list(datagrams), list(waiting), [], 0.05)
    for s in writable:
        code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        say(waiting.pop(s) + (" open" if code == 0 else " refused" if code == errno.ECONNREFUSED else " unreachable"))
    for s in readable:
        try:
            s.recv(200)
            say(datagrams.pop(s)[0] + " open")
        except (OSError, socket.error) as error:
            if error.errno == errno.ECONNREFUSED:
                say(datagrams.pop(s)[0] + " refused")
for target in list(waiting.values()) + [entry[0] for entry in datagrams.values()]:
    say(target + " timeout")
