import { randomUUID } from 'node:crypto';
import type { Context } from 'aws-lambda';

/**
 * The context object that a Lambda of the nodejs24.x runtime is called with.
 *
 * @see https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html
 */
export function createLambdaContext(options: {
  readonly functionName: string;
  readonly deadlineAtMs: number;
  readonly now: () => number;
}): Context {
  const { functionName, deadlineAtMs, now } = options;
  const startedAt = new Date(now()).toISOString().slice(0, 10).replaceAll('-', '/');
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:us-east-1:000000000000:function:${functionName}`,
    memoryLimitInMB: '256',
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: `${startedAt}/[$LATEST]${randomUUID().replaceAll('-', '')}`,
    getRemainingTimeInMillis: () => Math.max(0, deadlineAtMs - now()),
    done: refuseCallbacks,
    fail: refuseCallbacks,
    succeed: refuseCallbacks,
  };
}

/** `session/create` → `patchbay-session-create`, `$connect` → `patchbay-connect`. */
export function functionNameOf(routeKey: string): string {
  return `patchbay-${routeKey.replace(/^\$/, '').replaceAll(/[^\w-]/g, '-')}`;
}

/** The type still lists the callbacks of old runtimes; a handler that leans on them would hang on nodejs24.x. */
function refuseCallbacks(): never {
  throw new Error('nodejs24.x has no context callbacks: return a promise');
}
