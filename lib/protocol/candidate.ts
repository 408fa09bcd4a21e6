import * as z from 'zod/mini';

/**
 * One ICE candidate as browsers trickle it (RFC 8839, `candidate-attribute`), with or without `a=` in front.
 * An empty `candidate` is how browsers say that there are no more.
 */
const candidateText = z
  .string()
  .check(
    z.maxLength(1024),
    z.regex(/^((a=)?candidate:[\x20-\x7e]+)?$/, 'must be one line that begins with candidate:'),
  );

export const candidate = z.strictObject({
  sdpMid: z.optional(z.nullable(z.string().check(z.maxLength(64), z.regex(/^[\x21-\x7e]*$/, 'has a wrong character')))),
  sdpMLineIndex: z.optional(z.nullable(z.int().check(z.gte(0), z.lte(255)))),
  candidate: candidateText,
});
export type Candidate = z.output<typeof candidate>;

/** How many may come in one message. */
export const maxCandidates = 50;

/** How many a session takes in all: far more than any client has addresses, far less than would matter to memory. */
export const maxSessionCandidates = 500;
