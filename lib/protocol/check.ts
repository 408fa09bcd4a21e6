import { closest, distance } from 'fastest-levenshtein';
import type * as z from 'zod/mini';
// By name: the namespace `z.core` would bring every locale into each bundle.
import { $ZodDefault, $ZodNullable, $ZodObject, $ZodOptional, safeParse } from 'zod/v4/core';
import { isReason, PatchbayError } from './errors.ts';

/**
 * Reads `value` by `schema`, or throws the {@link PatchbayError} that names the field:
 * `missing_field`, `invalid_value`, or `syntax_error` for a field nobody knows, with the nearest known name.
 * A schema chooses another reason by putting it in front of its message: `missing_sdp: …`.
 *
 * @param path what the value is called in the message, such as `data`
 */
export function check<S extends z.core.$ZodType>(schema: S, value: unknown, path: string): z.output<S> {
  const result = parse(schema, value, path);
  if (result.success) return result.data;
  throw toError(result.error.issues, schema, value, path);
}

/** zod compares the `length` even of what is no string, and throws where that is an object that is no number either. */
function parse<S extends z.core.$ZodType>(schema: S, value: unknown, path: string) {
  try {
    return safeParse(schema, value);
  } catch (cause) {
    throw new PatchbayError('invalid_value', `${path} is not valid`, { cause });
  }
}

/** Names what `word` may have been meant to be, or nothing when no known word is close. */
export function didYouMean(word: string, known: readonly string[]): string {
  if (known.length === 0) return '';
  const near = closest(word, known);
  return distance(word, near) <= Math.max(2, Math.floor(near.length / 3)) ? `, did you mean ${near}` : '';
}

function toError(
  issues: readonly z.core.$ZodIssue[],
  schema: z.core.$ZodType,
  value: unknown,
  path: string,
): PatchbayError {
  // A misspelt name is also a missing field: the misspelling says more.
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (!issue) return new PatchbayError('invalid_value', `${path} is not valid`);
  const where = [path, ...issue.path.map(String)].join('.');
  const chosen = /^([a-z_]+): (.*)$/.exec(issue.message);
  if (chosen?.[1] && isReason(chosen[1])) return new PatchbayError(chosen[1], `${where} ${chosen[2]}`);
  if (issue.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? '';
    const hint = didYouMean(name, fieldNames(schema, issue.path));
    return new PatchbayError('syntax_error', `unknown field ${where}.${shorten(name)}${hint}`);
  }
  if (issue.code === 'invalid_union') {
    const deepest = issue.errors.flat().sort((a, b) => b.path.length - a.path.length)[0];
    if (deepest && deepest.path.length > 0) {
      return toError([{ ...deepest, path: [...issue.path, ...deepest.path] }], schema, value, path);
    }
  }
  if (valueAt(value, issue.path) === undefined) return new PatchbayError('missing_field', `${where} is missing`);
  return new PatchbayError('invalid_value', `${where} ${expectation(issue)}`);
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${article(issue.expected)}`;
    case 'invalid_value':
      return `must be one of ${issue.values.map(String).join(', ')}`;
    case 'too_big':
      return `must be at most ${issue.maximum}${unit(issue.origin)}`;
    case 'too_small':
      return `must be at least ${issue.minimum}${unit(issue.origin)}`;
    default:
      return issue.message === 'Invalid input' ? 'is not valid' : issue.message;
  }
}

function article(type: string): string {
  if (type === 'int') return 'a whole number';
  const word = type === 'record' ? 'object' : type;
  return `${/^[aeiou]/.test(word) ? 'an' : 'a'} ${word}`;
}
const unit = (origin: string) => (origin === 'string' ? ' characters long' : origin === 'array' ? ' items long' : '');
const shorten = (name: string) => (name.length > 64 ? `${name.slice(0, 64)}…` : name);

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const key of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = Reflect.get(here, key);
  }
  return here;
}

/** The names of the object that `path` leads to, through optionals and defaults. */
function fieldNames(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  let here: unknown = schema;
  for (const key of [...path, undefined]) {
    while (isWrapper(here)) here = here._zod.def.innerType;
    if (!(here instanceof $ZodObject)) return [];
    if (key === undefined) return Object.keys(here._zod.def.shape);
    here = here._zod.def.shape[String(key)];
  }
  return [];
}

const isWrapper = (schema: unknown): schema is z.core.$ZodOptional | z.core.$ZodDefault | z.core.$ZodNullable =>
  schema instanceof $ZodOptional || schema instanceof $ZodDefault || schema instanceof $ZodNullable;
