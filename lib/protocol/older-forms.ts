import { PatchbayError } from './errors.ts';

/** The seeds' older forms of requests, said in today's words. docs/protocol.md#older-forms. */

interface Form {
  readonly route: string;
  readonly data: Record<string, unknown>;
}

/**
 * `session/update` is today's `room_action` (with `update_type: "mcu_layout"`) or `set_type` (with
 * `type: "session_type"`). A room action's fields may be nested in its `data`.
 *
 * @throws PatchbayError invalid_value, missing_field, invalid_parameters
 */
export function todaysForm({ route, data }: Form): Form {
  if (route === 'session/update') return update(data);
  if (route === 'session/room_action') return { route, data: unnested(data) };
  return { route, data };
}

function update(data: Record<string, unknown>): Form {
  const kind = data.update_type ?? data.type;
  switch (kind) {
    case 'mcu_layout': {
      const { update_type: _, type: _type, mcu_layout, ...rest } = data;
      if (mcu_layout === undefined) throw new PatchbayError('missing_field', 'data.mcu_layout is missing');
      return { route: 'session/room_action', data: { ...rest, action: 'layout', layout: mcu_layout } };
    }
    case 'session_type': {
      const { update_type: _, type: _type, session_type, ...rest } = data;
      if (session_type === undefined) throw new PatchbayError('missing_field', 'data.session_type is missing');
      return { route: 'session/set_type', data: { ...rest, type: session_type } };
    }
    case undefined:
      throw new PatchbayError('missing_field', 'data.update_type is missing');
    default:
      throw new PatchbayError('invalid_value', 'data.update_type must be one of mcu_layout, session_type');
  }
}

function unnested(data: Record<string, unknown>): Record<string, unknown> {
  const { data: nested, ...rest } = data;
  if (nested === undefined) return data;
  if (typeof nested !== 'object' || nested === null || Array.isArray(nested)) {
    throw new PatchbayError('invalid_value', 'data.data must be an object');
  }
  const twice = Object.keys(nested).find((field) => Object.hasOwn(rest, field));
  if (twice !== undefined) throw new PatchbayError('invalid_parameters', `data.data.${twice} is also in data`);
  return { ...rest, ...nested };
}
