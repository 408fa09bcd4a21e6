import { describe } from 'vitest';
import { freeswitchContract } from '../support/freeswitch/contract.ts';
import { startFreeSwitchDouble } from '../support/freeswitch/freeswitch-double.ts';
import { startRealFreeSwitch } from '../support/freeswitch/real.ts';

describe('the double of FreeSWITCH', () => {
  freeswitchContract(startFreeSwitchDouble);
});

// FreeSWITCH is in no package archive: where there is one, it is held to the same.
if (process.env.PATCHBAY_FREESWITCH_BIN) {
  describe('FreeSWITCH', () => {
    freeswitchContract(startRealFreeSwitch);
  });
}
