import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFreeSwitch } from '../../../lib/local/freeswitch.ts';
import { until } from '../until.ts';
import type { FreeSwitchUnderTest } from './contract.ts';
import { EslWire } from './esl-wire.ts';
import { SipWire } from './sip-wire.ts';

const startTimeoutMs = 30_000;

export interface RealFreeSwitch extends FreeSwitchUnderTest {
  /** Ends its process, which is started again; at once, without a word to anybody. */
  readonly kill: () => void;
}

/** The FreeSWITCH that `PATCHBAY_FREESWITCH_BIN` names, with the project's configuration; ready when this returns. */
export async function startRealFreeSwitch(): Promise<RealFreeSwitch> {
  const dataDir = await mkdtemp(join(tmpdir(), 'patchbay-test-freeswitch-'));
  await mkdir(join(dataDir, 'logs'));
  const started = await startFreeSwitch(dataDir, { localAddress: '127.0.0.1' });
  if (!started) throw new Error('there is no FreeSWITCH: set PATCHBAY_FREESWITCH_BIN');
  const { eslPort, sipPort, password } = started.address;
  const stop = async () => {
    await started.child.stop(5000);
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await until('FreeSWITCH answers', () => answers(eslPort, sipPort, password), startTimeoutMs);
  } catch (error) {
    await stop();
    throw error;
  }
  const kill = () => {
    if (started.child.pid === undefined) throw new Error('FreeSWITCH does not run');
    process.kill(started.child.pid, 'SIGKILL');
  };
  return { eslPort, sipPort, password, kill, stop };
}

async function answers(eslPort: number, sipPort: number, password: string): Promise<boolean> {
  try {
    const esl = await EslWire.login(eslPort, password);
    esl.close();
    const sip = await SipWire.open(sipPort);
    sip.close();
    return true;
  } catch {
    return false;
  }
}
