import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { bridgeContract } from './contract-bridges.ts';
import { callContract } from './contract-calls.ts';
import { conferenceContract } from './contract-conferences.ts';
import { controlContract } from './contract-control.ts';
import { eslContract } from './contract-esl.ts';
import { mediaContract } from './contract-media.ts';
import { originateContract } from './contract-originate.ts';
import { ContractWorld } from './contract-world.ts';

export interface FreeSwitchUnderTest {
  readonly eslPort: number;
  readonly sipPort: number;
  readonly password: string;
  readonly stop: () => Promise<void>;
}

const slowMs = 60_000;

/**
 * What the project counts on in FreeSWITCH, byte by byte, over raw sockets: the double is held to it always, the real
 * one where there is one. Whatever is asserted here was seen on the real one.
 */
export function freeswitchContract(start: () => Promise<FreeSwitchUnderTest>): void {
  let freeSwitch: FreeSwitchUnderTest;
  let world: ContractWorld;
  beforeAll(async () => {
    freeSwitch = await start();
  }, slowMs);
  afterAll(() => freeSwitch?.stop(), slowMs);
  beforeEach(async () => {
    world = await ContractWorld.open(freeSwitch);
  });
  afterEach(() => world.close());

  const current = () => world;
  eslContract(current);
  callContract(current);
  controlContract(current);
  bridgeContract(current);
  conferenceContract(current);
  originateContract(current);
  mediaContract(current);
}
