import { limits } from '../protocol/limits.ts';

/**
 * Who waits for whom. Whoever asks waits longer than whoever is asked: else a client hears only that the node does not
 * answer, and never what it was that took so long.
 *
 * ```
 *  client ── 29 s ──▶ function ── answerMs or waitAnswerMs ──▶ node ── workMs ──▶ an engine, or a client that connects
 * ```
 */

/** For the way from one to the next, and for all that is done beside waiting. */
const wayMs = 2000;

/** How long a function waits for a node's answer. */
export const answerMs = 10_000;
/** The same where the node itself waits `limits.waitSeconds`. */
export const waitAnswerMs = limits.waitSeconds * 1000 + wayMs;
/** The longest that a command may wait on the node before it is answered with what it waited for. */
export const workMs = answerMs - wayMs;
