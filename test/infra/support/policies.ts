import { flat, idsIn, type Resource, type Template } from './template.ts';

/** One action on one resource: what a policy comes down to. */
export interface Right {
  readonly effect: string;
  readonly action: string;
  readonly resource: string;
  readonly condition: string;
}

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

const list = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? value : [value as T]);

const rightsOf = (document: unknown): Right[] =>
  (Reflect.get(Object(document), 'Statement') as Statement[]).flatMap(({ Effect, Action, Resource, Condition }) =>
    list(Action).flatMap((action) =>
      list(Resource).map((resource) => ({
        effect: Effect,
        action,
        resource: flat(resource),
        condition: Condition === undefined ? '' : JSON.stringify(Condition),
      })),
    ),
  );

/** All that a role may do, whichever of its policies says so. */
export function rights(template: Template, role: Resource): Right[] {
  const attached = template
    .ofType('IAM::Policy')
    .filter(({ Properties }) => idsIn(Properties.Roles).includes(role.id))
    .flatMap(({ Properties }) => rightsOf(Properties.PolicyDocument));
  const inline = (role.Properties.Policies ?? []) as { readonly PolicyDocument: unknown }[];
  return [...attached, ...inline.flatMap(({ PolicyDocument }) => rightsOf(PolicyDocument))];
}

export const line = ({ effect, action, resource, condition }: Right): string =>
  [effect === 'Allow' ? '' : effect, action, resource, condition].filter(Boolean).join(' ');
