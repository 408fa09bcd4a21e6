import { App } from 'aws-cdk-lib';
import { describe, expect, test } from 'vitest';
import { readContext } from '../../infra/context.ts';

const read = (context: Record<string, unknown> = {}) => readContext(new App({ context }).node);

const notForGood = { keepData: false, minNodes: 0, waitingConcurrency: 0, watch: false, containerInsights: false };
const forGood = { keepData: true, minNodes: 1, waitingConcurrency: 100, watch: true, containerInsights: true };

test('without a stage there are two: one that costs nothing while nobody calls, and one for good', () => {
  expect(read()).toEqual([
    { stage: 'staging', ...notForGood },
    { stage: 'prod', ...forGood },
  ]);
});

test('each branch may have its own, or several at once', () => {
  expect(read({ stage: 'my-branch' })).toEqual([{ stage: 'my-branch', ...notForGood }]);
  expect(read({ stage: 'a, b' }).map(({ stage }) => stage)).toEqual(['a', 'b']);
});

test('who is to be told of alarms gets some to be told of', () => {
  const alarmTopic = 'arn:aws:sns:eu-central-1:123456789012:on-call';
  expect(read({ stage: 'staging', alarmTopic })).toEqual([
    { stage: 'staging', ...notForGood, watch: true, alarmTopicArn: alarmTopic },
  ]);
});

test("a branch's name that can be no stack's is refused, with one that can", () => {
  expect(() => read({ stage: 'feature/log_in' })).toThrow('such as feature-log-in, not feature/log_in');
});

test('what is said is what counts', () => {
  const said = {
    stage: 'prod',
    keepData: 'false',
    minNodes: '2',
    maxNodes: 5,
    console: false,
    containerInsights: false,
    janus: 'none',
    freeswitchImage: 'registry.example/fs:1',
    jwtIssuer: 'https://login.example',
    jwtAudience: 'calls',
    jwksUrl: 'https://login.example/keys',
  };
  expect(read(said)).toEqual([
    {
      stage: 'prod',
      keepData: false,
      minNodes: 2,
      waitingConcurrency: 100,
      watch: true,
      containerInsights: false,
      maxNodes: 5,
      console: false,
      janus: 'none',
      freeswitchImage: { name: 'registry.example/fs:1' },
      jwt: { issuer: 'https://login.example', audience: 'calls', jwksUrl: 'https://login.example/keys' },
    },
  ]);
});

describe('what cannot be is refused by its name', () => {
  test.each<[Record<string, string>, string]>([
    [{ minNodes: 'some' }, 'minNodes'],
    [{ console: 'maybe' }, 'console'],
    [{ watch: 'sometimes' }, 'watch'],
    [{ freeswitch: 'theirs' }, 'freeswitch'],
    [{ jwtIssuer: 'https://login.example' }, 'jwksUrl'],
    [{ alarmTopic: 'on-call' }, 'alarmTopic'],
  ])('%j', (context, name) => {
    expect(() => read(context)).toThrow(name);
  });
});
