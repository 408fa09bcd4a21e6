import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRouteSelector } from '../../../../lib/local/gateway/route-selection.ts';

// biome-ignore lint/suspicious/noTemplateCurlyInString: API Gateway's own syntax
const EXPRESSION = '${request.body.subclass}/${request.body.cmd}';

function select(expression: string, keys: string[], body: unknown): string | undefined {
  return createRouteSelector(expression, keys)(typeof body === 'string' ? body : JSON.stringify(body));
}

describe('route selection', () => {
  it('joins the named fields to the key of a route', () => {
    expect(select(EXPRESSION, ['session/create'], { subclass: 'session', cmd: 'create' })).toBe('session/create');
  });

  it('reads nested fields, and variables without braces', () => {
    expect(select('$request.body.a.b', ['x'], { a: { b: 'x' } })).toBe('x');
  });

  it('turns numbers and booleans into strings', () => {
    expect(select(EXPRESSION, ['1/true'], { subclass: 1, cmd: true })).toBe('1/true');
  });

  it.each([{ cmd: 'create' }, { subclass: null, cmd: 'create' }, { subclass: ['a'], cmd: 'create' }])(
    'makes what is missing or not a scalar the empty string: %j',
    (body) => {
      expect(select(EXPRESSION, ['/create'], body)).toBe('/create');
    },
  );

  it.each(['not json', '"text"', '[1]', 'null', '', '5'])('sends a body that is no object to $default: %s', (text) => {
    expect(select(EXPRESSION, ['/', '$default'], text)).toBe('$default');
    expect(select(EXPRESSION, ['/'], text)).toBeUndefined();
  });

  it('does not evaluate a value again', () => {
    expect(select('$request.body.a', ['secret', '$default'], { a: '$request.body.b', b: 'secret' })).toBe('$default');
  });

  it('does not read inherited fields', () => {
    expect(select('$request.body.constructor.name', ['Object', '$default'], {})).toBe('$default');
  });

  it('keeps an escaped dollar', () => {
    expect(select('\\$x-$request.body.a', ['$x-1'], { a: 1 })).toBe('$x-1');
  });

  it('rejects a variable that a WebSocket API does not have', () => {
    expect(() => createRouteSelector('$context.stage', [])).toThrow(/only \$request\.body/);
  });

  it('never selects a reserved route for a body, and never a route that does not exist', () => {
    const keys = ['$connect', '$disconnect', '$default', 'session/create', 'a/b'];
    const word = fc.oneof(
      fc.constantFrom('$connect', '$disconnect', '$default', 'session', 'create', 'a', 'b'),
      fc.json(),
    );
    for (const expression of ['$request.body.cmd', EXPRESSION, EXPRESSION.replace('/', '')]) {
      const selectRoute = createRouteSelector(expression, keys);
      fc.assert(
        fc.property(fc.record({ subclass: word, cmd: word }, { requiredKeys: [] }), (body) => {
          expect(['$default', 'session/create', 'a/b']).toContain(selectRoute(JSON.stringify(body)));
        }),
      );
    }
  });

  it('selects a route exactly when its words are the fields', () => {
    const word = fc.stringMatching(/^[a-z_]{0,4}$/);
    fc.assert(
      fc.property(word, word, word, word, (subclass, cmd, routeSubclass, routeCmd) => {
        const selected = select(EXPRESSION, [`${routeSubclass}/${routeCmd}`], { subclass, cmd });
        expect(selected !== undefined).toBe(subclass === routeSubclass && cmd === routeCmd);
      }),
    );
  });
});
