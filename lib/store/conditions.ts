/** The conditions of conditional writes, by name. */
export interface Condition {
  readonly expression: string;
  readonly names?: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, unknown>>;
}

const fencedFor = (attempt: number, requestId: string) => ({
  names: { '#state': 'state' },
  values: { ':fenced': 'fenced', ':attempt': attempt, ':request': requestId },
});

/**
 * No such session yet, or only a fence that keeps others out: earlier attempts of its own request. A fence that an
 * earlier request left behind keeps nobody else from the id.
 */
export const claimable = (attempt: number, requestId: string): Condition => ({
  expression: 'attribute_not_exists(pk) OR (#state = :fenced AND (request_id <> :request OR attempt <= :attempt))',
  ...fencedFor(attempt, requestId),
});

/** No such session yet, or only the fence that the same request put up before an earlier attempt. */
export const fenceable = (attempt: number, requestId: string): Condition => ({
  expression: 'attribute_not_exists(pk) OR (#state = :fenced AND request_id = :request AND attempt <= :attempt)',
  ...fencedFor(attempt, requestId),
});

/** No subscription is left in the item. */
export const wantsNothing: Condition = { expression: 'attribute_not_exists(wanted)' };

/** The item is there: an update must not make it. */
export const present: Condition = { expression: 'attribute_exists(pk)' };

/** The session is still held by this node and attempt: fences a node whose create went elsewhere. */
export const heldBy = (nodeId: string, attempt: number, requestId: string): Condition => ({
  expression: '#node = :node AND attempt = :attempt AND request_id = :request',
  names: { '#node': 'node' },
  values: { ':node': nodeId, ':attempt': attempt, ':request': requestId },
});

/** The room is still held by this node, which made it for this request. */
export const roomHeldBy = (nodeId: string, requestId: string): Condition => ({
  expression: '#node = :node AND request_id = :request',
  names: { '#node': 'node' },
  values: { ':node': nodeId, ':request': requestId },
});

/** No such room yet, or the very one that is put: a put whose answer was lost is sent again. */
export const roomClaimable = (nodeId: string, requestId: string): Condition => {
  const { expression, ...held } = roomHeldBy(nodeId, requestId);
  return { expression: `attribute_not_exists(pk) OR (${expression})`, ...held };
};

/** A condition as a command's input wants it. */
export const conditionInput = ({ expression, names, values }: Condition) => ({
  ConditionExpression: expression,
  ...(names && { ExpressionAttributeNames: names }),
  ...(values && { ExpressionAttributeValues: values }),
});

export const isConditionFailure = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException';

/** Runs a conditional write: true if it was made, false if its condition did not hold. */
export async function made(write: Promise<unknown>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}
