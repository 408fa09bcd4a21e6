import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Sip } from '../../../../lib/backends/freeswitch/sip.ts';
import { rtpOffer } from '../../../support/freeswitch/contract-world.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from '../../../support/freeswitch/freeswitch-double.ts';
import { headerOf, type SipHeader, statusOf } from '../../../support/freeswitch/sip-message.ts';
import { SipServer } from '../../../support/freeswitch/sip-server.ts';
import { Steering } from '../../../support/freeswitch/steering.ts';
import { until } from '../../../support/until.ts';

describe('an answer with a BYE right behind it, in one piece,', () => {
  let double: FreeSwitchDouble;
  let sip: Sip;
  const id = crypto.randomUUID();
  const received = (text: string) => double.commands().filter((one) => one.via === 'sip' && one.text === text).length;

  beforeEach(async () => {
    double = await startFreeSwitchDouble();
    const { eslPort, sipPort, password } = double;
    sip = await Sip.open({ host: '127.0.0.1', eslPort, sipPort, password }, 'patchbay-test', { lost: () => {} });
    double.joinNext(/^SIP\/2\.0 200 OK/);
    const answered = sip.invite({ id, destination: 'echo', sdp: rtpOffer, headers: [] });
    await until('the call is there', () => double.channels()[0]?.place.at === 'echo');
    double.hangup(id, 'NORMAL_CLEARING');
    await answered;
  });
  afterEach(async () => {
    sip.close();
    await double.stop();
  });

  test('ends the call: its BYE is answered', async () => {
    await until('the BYE is answered', () => received('200 BYE') === 1);
  });

  test('is no fault where the event socket has told of the end before', async () => {
    sip.ended(id);
    await until('the BYE is answered', () => received('200 BYE') + received('481 BYE') === 1);
    sip.ended(id);
    sip.abandon(id);
  });
});

test('a call that is hung up before its answer is acknowledged is over, and nothing comes of the missing ACK', async () => {
  const steering = new Steering();
  const server = new SipServer({ steering, request: () => {} });
  await new Promise<void>((resolve) => server.server.listen(0, '127.0.0.1', resolve));
  const address = { host: '127.0.0.1', eslPort: 1, sipPort: server.port, password: '' };
  const sip = await Sip.open(address, 'patchbay-test', { lost: () => {} });
  const id = crypto.randomUUID();
  const uri = `sip:patchbay@127.0.0.1:${sip.contact.port};transport=tcp`;
  const headers = (method: string, to: string): SipHeader[] => [
    ['From', '<sip:freeswitch@127.0.0.1>;tag=1'],
    ['To', to],
    ['Call-ID', id],
    ['CSeq', `${method === 'BYE' ? 2 : 1} ${method}`],
    ['Contact', `<sip:freeswitch@127.0.0.1:${server.port};transport=tcp>`],
    ['Content-Type', 'application/sdp'],
    ['X-Patchbay-Channel', id],
  ];
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const offered = sip.expect(id);
    const to = await new Promise<string>((resolve) => {
      const hear = (response: Parameters<typeof statusOf>[0]) => {
        if (statusOf(response) === 200) resolve(headerOf(response, 'to'));
      };
      server.request('INVITE', uri, headers('INVITE', `<${uri}>`), { body: rtpOffer, hear });
      void offered.then((offer) => offer.accept(rtpOffer));
    });
    const bye = await new Promise<number | undefined>((resolve) => {
      server.request('BYE', uri, headers('BYE', to), { hear: (response) => resolve(statusOf(response)) });
    });
    expect(bye).toBe(200);
    await vi.advanceTimersByTimeAsync(60_000);
    sip.ended(id);
    expect(steering.received.map(({ text }) => text)).not.toContain('BYE');
  } finally {
    vi.useRealTimers();
    sip.close();
    server.drop();
    server.server.close();
  }
});
