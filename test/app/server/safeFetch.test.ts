import type { LookupAddress } from 'node:dns';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refusal } from '../../../app/server/errors.js';
import { isPublicAddress } from '../../../app/server/publicAddress.js';
import { SafeFetch, type SafeFetchOptions } from '../../../app/server/safeFetch.js';
import { ImageError } from '../../../src/images/imageError.js';

const limits = { timeoutMs: 500, maxBytes: 1000 };

let inside: Server;
/** The address of a server that must not be reached. */
let origin: string;
let port: number;
const reached: IncomingMessage[] = [];

const answers: Record<string, (response: ServerResponse) => void> = {
  '/file': (response) => response.end('content'),
  '/large': (response) => response.end(Buffer.alloc(1001)),
  '/long': (response) => {
    // Of no length that is said before.
    for (let i = 0; i < 20; i++) response.write(Buffer.alloc(100));
    response.end();
  },
  '/slow': (response) => response.writeHead(200).write('co'),
  '/silent': () => {},
  '/missing': (response) => response.writeHead(404).end(),
  '/cut': (response) => {
    response.writeHead(200, { 'content-length': '100' }).write('co');
    setTimeout(() => response.destroy(), 20);
  },
  '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
  '/to-file': (response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end(),
  '/to-nothing': (response) => response.writeHead(302, { location: 'http://' }).end(),
  '/to-name': (response) =>
    response.writeHead(302, { location: `http://rebound.test:${port}/file` }).end(),
  '/to-here': (response) => response.writeHead(307, { location: '/file' }).end(),
  '/to-number': (response) =>
    response.writeHead(302, { location: `http://2130706434:${port}/file` }).end(),
};

beforeAll(async () => {
  inside = createServer((request, response) => {
    reached.push(request);
    answers[request.url!.split('?')[0]](response);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => inside.once('listening', resolve));
  port = (inside.address() as AddressInfo).port;
  origin = `http://127.0.0.1:${port}`;
});

afterAll(() => {
  inside.closeAllConnections();
  inside.close();
});

async function fetched(
  address: string,
  options: Partial<SafeFetchOptions> = {},
  asked: Parameters<SafeFetch['fetch']>[1] = {},
): Promise<string> {
  const fetcher = new SafeFetch({ ...limits, ...options });
  try {
    return Buffer.from(await fetcher.fetch(address, asked)).toString();
  } finally {
    await fetcher.close();
  }
}

/** The status that a fetch is refused with. */
async function refusedWith(address: string, options?: Partial<SafeFetchOptions>): Promise<number> {
  const error = await fetched(address, options).catch((reason) => reason);
  expect(error).toBeInstanceOf(Refusal);
  return (error as Refusal).status;
}

describe('private addresses are not fetched from', () => {
  test.each([
    ...[
      '127.0.0.1',
      '127.1',
      '127.9.8.7',
      '0x7f.0.0.1',
      '0x7f000001',
      '2130706433',
      '017700000001',
    ],
    ...['0177.0.0.1', '0.0.0.0', '0', '10.1.2.3', '172.16.0.1', '192.168.1.1', '169.254.169.254'],
    ...['100.64.0.1', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255', '127.0.0.1.'],
    ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[0:0:0:0:0:ffff:10.0.0.1]'],
    ...['[::127.0.0.1]', '[fe80::1]', '[fc00::1]', '[fd12::1]', '[ff02::1]', '[64:ff9b::7f00:1]'],
    ...['[2002:7f00:1::]', '[2001:0:7f00:1::]', '[2001:db8::1]', '[fec0::1]', '[100::1]'],
    ...['１２７.0.0.1', '127。0。0。1'],
  ])('http://%s', async (host) => {
    expect(await refusedWith(`http://${host}:${port}/file`)).toBe(403);
  });

  test.each(['localhost', 'LOCALHOST'])('the name %s', async (name) => {
    expect(await refusedWith(`http://${name}:${port}/file`)).toBe(403);
  });

  test.each<[string, string[]]>([
    ['one private address', ['127.0.0.1']],
    ['a public and a private address', ['93.184.216.34', '127.0.0.1']],
    ['a private address of IPv6', ['::ffff:127.0.0.1']],
    ['no address', []],
  ])('a name with %s', async (_, addresses) => {
    const lookup = async (): Promise<LookupAddress[]> =>
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
    expect(await refusedWith(`http://a.test:${port}/file`, { lookup })).toBe(403);
  });

  test('a name that changes its addresses is looked up once for a connection', async () => {
    let asked = 0;
    const lookup = async (): Promise<LookupAddress[]> => {
      asked++;
      return [{ address: asked === 1 ? '127.0.0.1' : '93.184.216.34', family: 4 }];
    };
    expect(await refusedWith(`http://a.test:${port}/file`, { lookup })).toBe(403);
    expect(asked).toBe(1);
  });

  test.each(['/to-name', '/to-number'])(
    'a server that is allowed leads there: %s',
    async (path) => {
      const lookup = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];
      const options = { allowedOrigins: [origin], lookup };
      reached.length = 0;
      expect(await refusedWith(origin + path, options)).toBe(403);
      expect(reached.map(({ url }) => url)).toEqual([path]);
    },
  );

  test.each([
    ['another protocol, by a redirection', () => `${origin}/to-file`],
    ['a name in the address', () => `http://me:secret@127.0.0.1:${port}/file`],
  ])('%s', async (_, address) => {
    expect(await refusedWith(address(), { allowPrivate: true })).toBe(403);
  });
});

describe('what is allowed', () => {
  test('comes, redirections followed', async () => {
    expect(await fetched(`${origin}/file`, { allowPrivate: true })).toBe('content');
    expect(await fetched(`${origin}/to-here`, { allowedOrigins: [origin] })).toBe('content');
  });

  test('headers go to the address’s own origin only', async () => {
    reached.length = 0;
    const lookup = async (): Promise<LookupAddress[]> => [{ address: '127.0.0.1', family: 4 }];
    const allowedOrigins = [origin, `http://rebound.test:${port}`];
    // The name is looked up by the system where it is allowed, so that only the first request gets through.
    const headers = { authorization: 'Token secret' };
    await fetched(`${origin}/to-here`, { allowedOrigins, lookup }, { headers });
    expect(reached.map((request) => request.headers.authorization)).toEqual([
      'Token secret',
      'Token secret',
    ]);
    reached.length = 0;
    const other = createServer((request, response) => {
      reached.push(request);
      response.end('content');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/file`;
    answers['/to-other'] = (response) => response.writeHead(302, { location: elsewhere }).end();
    await fetched(`${origin}/to-other`, { allowPrivate: true }, { headers });
    expect(reached.map((request) => request.headers.authorization)).toEqual([
      'Token secret',
      undefined,
    ]);
    other.closeAllConnections();
    other.close();
  });

  test('the bytes to come are told before', async () => {
    const told: number[] = [];
    const hold = (bytes: number) => told.push(bytes);
    await fetched(`${origin}/file`, { allowPrivate: true }, { hold });
    expect(told).toEqual([7]);
  });
});

test.each([
  ['/large', 'larger than'],
  ['/long', 'larger than'],
  ['/slow', 'within 0.5 s'],
  ['/silent', 'within 0.5 s'],
  ['/missing', 'answers 404'],
  ['/cut', 'cannot be fetched'],
  ['/round', 'redirected too often'],
  ['/to-nothing', 'redirected to nowhere'],
])('%s: the file does not come', async (path, reason) => {
  const error = await fetched(origin + path, { allowPrivate: true }).catch((failure) => failure);
  expect(error).toBeInstanceOf(ImageError);
  expect(error.message).toContain(reason);
});

test('a server that is not there', async () => {
  const error = await fetched('http://127.0.0.1:1/', { allowPrivate: true }).catch((e) => e);
  expect(error).toBeInstanceOf(ImageError);
});

test.each(['93.184.216.34', '8.8.8.8', '2606:2800:220:1:248:1893:25c8:1946'])(
  '%s is public',
  (address) => {
    expect(isPublicAddress(address)).toBe(true);
  },
);
