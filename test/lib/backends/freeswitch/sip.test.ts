import { afterEach, beforeEach, describe, test } from 'vitest';
import { Sip } from '../../../../lib/backends/freeswitch/sip.ts';
import { rtpOffer } from '../../../support/freeswitch/contract-world.ts';
import { type FreeSwitchDouble, startFreeSwitchDouble } from '../../../support/freeswitch/freeswitch-double.ts';
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
