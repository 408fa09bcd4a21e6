import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Protection, protectionOf } from '../../../lib/controller/protection.ts';
import { silentLog } from '../../../lib/domain/log.ts';
import { ManualClock } from '../../support/clock.ts';
import { agentDown, deploymentBlocked, FakeEcs } from '../../support/fake-ecs.ts';

let ecs: FakeEcs;
let clock: ManualClock;
let changes: boolean[];
let warnings: object[];
let protection: Protection;
beforeEach(async () => {
  ecs = await new FakeEcs().start();
  ecs.desired = 2;
  ecs.add('t');
  clock = new ManualClock();
  changes = [];
  warnings = [];
  protection = make(ecs.agentUrl('t'));
});
afterEach(async () => {
  protection.stop();
  await ecs.stop();
});

const make = (agentUrl: string | undefined): Protection =>
  protectionOf(agentUrl, {
    clock,
    log: { ...silentLog, warn: (fields) => warnings.push(fields) },
    random: () => 0,
    onChange: () => changes.push(protection.isOn),
  });
/** Lets requests over the network be answered. */
const answered = () => new Promise((resolve) => setTimeout(resolve, 40));
async function pass(ms: number) {
  await clock.advance(ms);
  await answered();
}
const bodies = () => ecs.asked.map(({ body }) => body);
const on = { ProtectionEnabled: true, ExpiresInMinutes: 60 };

describe('a node that is protected', () => {
  test('asks for 60 min, and again every 15', async () => {
    protection.want(true);
    await answered();
    expect([protection.isOn, changes, ecs.tasks.get('t')?.isProtected]).toEqual([true, [true], true]);
    await pass(15 * 60_000 - 1);
    expect(bodies()).toEqual([on]);
    await pass(1);
    expect(bodies()).toEqual([on, on]);
    await pass(15 * 60_000);
    expect(bodies()).toEqual([on, on, on]);
    expect(changes).toEqual([true]);
  });

  test('gives it up once, and asks for nothing more', async () => {
    protection.want(true);
    await answered();
    protection.want(false);
    protection.want(false);
    await answered();
    expect([protection.isOn, changes]).toEqual([false, [true, false]]);
    expect(bodies()).toEqual([on, { ProtectionEnabled: false }]);
    expect(clock.pending).toBe(0);
  });

  test('that is to be off before the answer came is off in the end', async () => {
    protection.want(true);
    protection.want(false);
    await answered();
    await pass(0);
    expect(protection.isOn).toBe(false);
    expect(ecs.tasks.get('t')?.isProtected).toBe(false);
    expect(bodies()).toEqual([on, { ProtectionEnabled: false }]);
  });

  test('that is refused is asked for again at once when there are calls, by one request at a time', async () => {
    ecs.desired = 0;
    protection.want(true);
    await answered();
    expect([protection.isOn, protection.isMissing, protection.isBlocked]).toEqual([false, true, true]);
    ecs.desired = 1;
    protection.hurry();
    protection.hurry();
    await answered();
    expect([protection.isOn, protection.isMissing, protection.isBlocked]).toEqual([true, false, false]);
    expect(bodies()).toEqual([on, on]);
    protection.hurry();
    await answered();
    expect(bodies()).toHaveLength(2);
  });

  test('is not hurried before it is wanted, nor after', async () => {
    protection.hurry();
    protection.want(true);
    await answered();
    protection.want(false);
    await answered();
    protection.hurry();
    await answered();
    expect(bodies()).toEqual([on, { ProtectionEnabled: false }]);
  });

  test('asks for nothing when it stops', async () => {
    protection.want(true);
    protection.stop();
    await answered();
    protection.want(false);
    await pass(3_600_000);
    expect(bodies()).toEqual([on]);
    expect(clock.pending).toBe(0);
  });
});

describe('a refusal', () => {
  test('DEPLOYMENT_BLOCKED comes with status 200, is told, and tried again with backoff until it is taken', async () => {
    ecs.agentFaults.push(deploymentBlocked, deploymentBlocked, deploymentBlocked);
    protection.want(true);
    await answered();
    expect(protection.isOn).toBe(false);
    expect(warnings).toMatchObject([{ why: 'DEPLOYMENT_BLOCKED', failures: 1 }]);
    await pass(499);
    expect(bodies()).toHaveLength(1);
    await pass(1);
    expect(bodies()).toHaveLength(2);
    await pass(1000);
    expect(bodies()).toHaveLength(3);
    await pass(2000);
    expect([bodies().length, protection.isOn, changes]).toEqual([4, true, [false, true]]);
    // It was only late: it is renewed as any other.
    await pass(15 * 60_000);
    expect(bodies()).toHaveLength(5);
  });

  test.each([
    ['an error of the agent', agentDown, 'ServerException'],
    ['no JSON', { status: 502, body: 'Bad Gateway' }, 'status 502'],
    ['something else', { status: 200, body: {} }, 'status 200'],
    ['the other state', { status: 200, body: { protection: { ProtectionEnabled: false } } }, 'status 200'],
  ])('be it %s, is tried again', async (_what, fault, why) => {
    ecs.agentFaults.push(fault);
    protection.want(true);
    await answered();
    expect(warnings).toMatchObject([{ why }]);
    expect(protection.isBlocked).toBe(false);
    await pass(1000);
    expect(protection.isOn).toBe(true);
  });

  test('waits for a minute at the most', async () => {
    ecs.agentFaults.push(...Array.from({ length: 12 }, () => deploymentBlocked));
    protection.want(true);
    await answered();
    for (let at = 0; at < 12; at += 1) await pass(60_000);
    expect(protection.isOn).toBe(true);
  });

  test('of a renewal leaves it as it was: it has 45 min left', async () => {
    protection.want(true);
    await answered();
    ecs.agentFaults.push(deploymentBlocked);
    await pass(15 * 60_000);
    expect([protection.isOn, changes]).toEqual([true, [true]]);
    await pass(1000);
    expect(bodies()).toHaveLength(3);
  });

  test('of every renewal for an hour has it run out, which is told, until it is granted again', async () => {
    protection.want(true);
    await answered();
    ecs.agentFaults.push(...Array.from({ length: 400 }, () => deploymentBlocked));
    for (let at = 0; at < 5; at += 1) await pass(15 * 60_000);
    for (let at = 0; at < 20 && protection.isOn; at += 1) await pass(60_000);
    expect([protection.isOn, changes]).toEqual([false, [true, false]]);
    ecs.agentFaults.length = 0;
    for (let at = 0; at < 3 && !protection.isOn; at += 1) await pass(60_000);
    expect([protection.isOn, changes]).toEqual([true, [true, false, true]]);
  });
});

test('an agent that is not there is asked again', async () => {
  const lonely = make('http://127.0.0.1:1/agent/t');
  lonely.want(true);
  await answered();
  expect(warnings).toHaveLength(1);
  expect(clock.pending).toBe(1);
  lonely.stop();
  expect(clock.pending).toBe(0);
});

test('where no ECS runs the node there is none', () => {
  const none = make(undefined);
  none.want(true);
  expect(none.isOn).toBe(false);
});
