import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';

export interface Resource {
  readonly id: string;
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Readonly<Record<string, unknown>>;
  /** Its construct, from the nested stack on: `Functions/SessionCreate`. */
  readonly path: string;
}

export type Stage = 'staging' | 'prod';
export const stages: readonly Stage[] = ['staging', 'prod'];

/** patchbay's own template of a stage, as CloudFormation gets it. */
export class Template {
  readonly resources: readonly Resource[];
  readonly text: string;

  constructor(text: string) {
    this.text = text;
    const { Resources } = JSON.parse(text) as { Resources: Record<string, Omit<Resource, 'id' | 'path'>> };
    this.resources = Object.entries(Resources).map(([id, one]) => {
      const path = String(one.Metadata?.['aws:cdk:path'] ?? id).replace(/^.*?\/Stack\//, '');
      return { ...one, Properties: one.Properties ?? {}, id, path: path.replace(/\/Resource$/, '') };
    });
  }

  ofType(type: string): readonly Resource[] {
    return this.resources.filter(({ Type }) => Type === `AWS::${type}`);
  }

  /** @throws Error for none, or several */
  only(type: string, path?: string): Resource {
    const found = this.ofType(type).filter((one) => path === undefined || one.path === path);
    if (found.length !== 1 || !found[0]) throw new Error(`${found.length} of ${type} ${path ?? ''}`);
    return found[0];
  }

  byId(id: string): Resource {
    const found = this.resources.find((one) => one.id === id);
    if (!found) throw new Error(`no resource ${id}`);
    return found;
  }
}

export function templateOf(stage: Stage): Template {
  const folder = inject('assembly');
  const file = readdirSync(folder).find((name) =>
    new RegExp(`^patchbay${stage}.*\\.nested\\.template\\.json$`).test(name),
  );
  if (!file) throw new Error(`no template of ${stage}`);
  return new Template(readFileSync(join(folder, file), 'utf8'));
}

/** A value of a template as text: what CloudFormation puts in is in `<>`. */
export function flat(value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  const [name, inner] = Object.entries(Object(value))[0] ?? [];
  if (name === 'Ref') return `<${inner}>`;
  if (name === 'Fn::GetAtt' && Array.isArray(inner)) return `<${inner.join('.')}>`;
  if (name === 'Fn::Join' && Array.isArray(inner)) return (inner[1] as unknown[]).map(flat).join(String(inner[0]));
  if (name === 'Fn::Sub') return String(inner);
  return JSON.stringify(value);
}

/** The ids of all resources that a value leads to. */
export function idsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(idsIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    if (name === 'Ref') return [String(inner)];
    if (name === 'Fn::GetAtt') return [String(Array.isArray(inner) ? inner[0] : String(inner).split('.')[0])];
    return idsIn(inner);
  });
}
