"""An SSH server on loopback that shows one folder: python ssh_server.py FOLDER KEYS

Prints its port; leaves the user's key and the server's line of known_hosts in KEYS.
"""

import asyncio
import sys
from pathlib import Path

import asyncssh  # type: ignore[import-not-found]


async def serve(folder: Path, keys: Path) -> None:
    """Accept the user's key, until this process ends."""
    host, user = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    user.write_private_key(keys / "user")
    user.write_public_key(keys / "user.pub")
    server = await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[host],
        authorized_client_keys=str(keys / "user.pub"),
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)),
    )
    port = server.get_port()
    line = f"[127.0.0.1]:{port} {host.export_public_key().decode()}"
    (keys / "known_hosts").write_text(line, encoding="utf-8")
    print(port, flush=True)
    await server.wait_closed()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1]), Path(sys.argv[2])))
