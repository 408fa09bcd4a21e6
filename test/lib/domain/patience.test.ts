import { expect, test } from 'vitest';
import { effectMs } from '../../../lib/backends/freeswitch/channel.ts';
import { commandTimeoutMs } from '../../../lib/backends/freeswitch/esl.ts';
import { closeMs } from '../../../lib/backends/freeswitch/recorder.ts';
import { descriptionMs } from '../../../lib/backends/freeswitch/sip.ts';
import { requestTimeoutMs } from '../../../lib/backends/janus/handle.ts';
import { answerMs, waitAnswerMs, workMs } from '../../../lib/domain/patience.ts';
import { limits } from '../../../lib/protocol/limits.ts';

const waitedMs = limits.waitSeconds * 1000;

test.each([
  ['a function waits for a node', answerMs, workMs, 'a command waits there'],
  ['a function waits for a node', waitAnswerMs, waitedMs, 'a reply waits there for an offer or an answer'],
  ['API Gateway waits for a function', limits.integrationMs, waitAnswerMs, 'it waits for a node'],
  ['a reply waits for an offer or an answer', waitedMs, descriptionMs, 'FreeSWITCH has for its SDP'],
])('%s for %i ms, longer than the %i ms that %s', (_who, longerMs, shorterMs) => {
  expect(longerMs).toBeGreaterThan(shorterMs);
});

test.each([
  ['a request to Janus', [requestTimeoutMs]],
  ['a recording of FreeSWITCH that ends: the command, and the file', [commandTimeoutMs, closeMs]],
  // Its partner gets settled, it does not get there, and is parked.
  ['a change of type on FreeSWITCH, of which nothing comes', [effectMs, effectMs, effectMs]],
  ['one that FreeSWITCH does not answer', [effectMs, commandTimeoutMs]],
])('%s fits into a command', (_what, stepsMs) => {
  expect(stepsMs.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(workMs);
});
