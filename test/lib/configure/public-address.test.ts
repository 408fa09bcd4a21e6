import { afterEach, describe, expect, test } from 'vitest';
import { findPublicAddress } from '../../../lib/configure/public-address.ts';
import { type FakeEndpoint, startEndpoint } from '../../support/fake-endpoint.ts';

const hasty = { rounds: 3, timeoutMs: 200, backoff: { baseMs: 1, maxMs: 2 } };
const made = '198.51.100.7';

const endpoints: FakeEndpoint[] = [];
afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.stop();
});

async function endpoint(...answer: Parameters<typeof startEndpoint>): Promise<FakeEndpoint> {
  const started = await startEndpoint(...answer);
  endpoints.push(started);
  return started;
}
const answering = (text: string, status = 200) => endpoint((response) => response.writeHead(status).end(text));
const asking = (...urls: readonly string[]) => findPublicAddress({ PATCHBAY_PUBLIC_IP_URL: urls.join(', ') }, hasty);

describe('the public address', () => {
  test('is the one that is set: nobody is asked', async () => {
    const { url, asked } = await answering('203.0.113.9\n');
    const environment = { PATCHBAY_PUBLIC_IP: made, PATCHBAY_PUBLIC_IP_URL: url };
    expect(await findPublicAddress(environment, hasty)).toBe(made);
    expect(asked).toEqual([]);
  });

  test('may be set to one of a private network, but to nothing else than an IPv4 address', async () => {
    expect(await findPublicAddress({ PATCHBAY_PUBLIC_IP: '10.0.0.7' }, hasty)).toBe('10.0.0.7');
    for (const wrong of ['media.example.com', '2001:db8::7', '198.51.100.7/32', '198.51.100']) {
      await expect(findPublicAddress({ PATCHBAY_PUBLIC_IP: wrong }, hasty)).rejects.toThrow(
        `PATCHBAY_PUBLIC_IP must be an IPv4 address, not ${wrong}`,
      );
    }
  });

  test('is what the endpoint says, without the blanks around it', async () => {
    expect(await asking((await answering(`${made}\n`)).url)).toBe(made);
  });

  test('is asked for again when the endpoint fails at first', async () => {
    const late = await endpoint((response, _request, count) =>
      count < 3 ? response.writeHead(503).end() : response.end(made),
    );
    expect(await asking(late.url)).toBe(made);
    expect(late.asked).toHaveLength(3);
  });

  test('comes from the next endpoint when the first hangs, breaks off, redirects or talks nonsense', async () => {
    const broken = await Promise.all([
      endpoint(() => {}),
      endpoint((response) => response.socket?.destroy()),
      endpoint((response) => response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()),
      answering('<!doctype html><title>Sign in to the network</title>'),
      answering(`${made} ${'x'.repeat(1000)}`),
      endpoint((response) => {
        // Never ends, and never says anything.
        response.write(' '.repeat(100));
        const timer = setInterval(() => response.write(' '.repeat(100)), 5);
        response.on('close', () => clearInterval(timer));
      }),
    ]);
    const right = await answering(made);
    expect(await asking(...broken.map(({ url }) => url), right.url)).toBe(made);
    expect(broken.map(({ asked }) => asked.length)).toEqual(broken.map(() => 1));
  });

  test.each(['10.0.1.7', '127.0.0.1', '169.254.169.254', '100.64.3.3', '2001:db8::7', ''])(
    'is never %s, whoever says it',
    async (address) => {
      await expect(asking((await answering(address)).url)).rejects.toThrow(
        `it answered ${JSON.stringify(address)}, which is no public IPv4 address`,
      );
    },
  );

  test('that is not found is an error which says what each endpoint answered, and what to set', async () => {
    const [first, second] = [await answering('no', 403), await endpoint(() => {})];
    await expect(asking(first.url, second.url)).rejects.toThrow(
      `the public address was not found; ${first.url}: it answered 403; ${second.url}: it did not answer in time. ` +
        'It can be set by PATCHBAY_PUBLIC_IP, and where it is asked for by PATCHBAY_PUBLIC_IP_URL',
    );
    expect(first.asked).toHaveLength(hasty.rounds);
  });

  test('is asked for by http(s) only', async () => {
    for (const wrong of ['file:///etc/hostname', 'checkip.amazonaws.com']) {
      await expect(asking(wrong)).rejects.toThrow(
        `PATCHBAY_PUBLIC_IP_URL must list http(s) URLs, by comma, not ${wrong}`,
      );
    }
  });
});
