"""
A population register (docs/upstreams/population.md) that knows everybody: register.py PORT APP_ID SECRET. Whoever is asked about is a match, at
once, or after the milliseconds of `GET /delay/MS`; with `GET /hold` all questions wait from then on, until `GET /release`. `GET /waiting` says how many do.

The simulator of the product cannot stand in here: it takes a thousand connections of one address, the default of every server of the product, and
two thousand are needed; and it is searched person by person, which a hundred thousand people are too many for.
"""
import asyncio
import hashlib
import hmac
import json
import secrets
import sys
import time

BACKLOG = 4096
PATH_CHECK = '/api/v1/two-element-check'


class Register:
    def __init__(self, app_id, secret):
        self.app_id, self.secret = app_id, secret.encode()
        self.waiting, self.delay_s = 0, 0
        self.open = asyncio.Event()
        self.open.set()

    def sign(self, timestamp, nonce, text):
        lines = [self.app_id, timestamp, nonce, hashlib.sha256(text.encode()).hexdigest()]
        return hmac.new(self.secret, '\n'.join(lines).encode(), hashlib.sha256).hexdigest()

    async def check(self, fields, body):
        self.waiting += 1
        await self.open.wait()
        await asyncio.sleep(self.delay_s)
        self.waiting -= 1
        data = json.dumps({'bizSn': json.loads(body)['bizSn'], 'result': 1, 'checkId': f'chk-{secrets.token_hex(8)}'})
        timestamp = str(int(1000 * time.time()))
        return {'data': data, 'timestamp': timestamp, 'signature': self.sign(timestamp, fields['x-nonce'], data)}

    async def answer(self, path, fields, body):
        if path == PATH_CHECK:
            return await self.check(fields, body)
        if path == '/hold':
            self.open.clear()
        elif path.startswith('/delay/'):
            self.delay_s = int(path.rpartition('/')[2]) / 1000
        elif path == '/release':
            self.open.set()
        return {'waiting': self.waiting}

    async def serve(self, reader, writer):
        """One connection, kept alive."""
        try:
            while True:
                first, *lines = (await reader.readuntil(b'\r\n\r\n')).decode().split('\r\n')
                fields = {name.lower(): value.strip() for name, _, value in (line.partition(':') for line in lines if line)}
                body = await reader.readexactly(int(fields.get('content-length', 0)))
                text = json.dumps(await self.answer(first.split()[1], fields, body)).encode()
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s' % (len(text), text))
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(port, app_id, secret):
    register = Register(app_id, secret)
    server = await asyncio.start_server(register.serve, '127.0.0.1', int(port), backlog=BACKLOG)
    await server.serve_forever()


if __name__ == '__main__':
    asyncio.run(main(*sys.argv[1:]))
