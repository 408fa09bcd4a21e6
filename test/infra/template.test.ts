import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tableDefinition } from '../../lib/store/table-definition.ts';
import { idsIn, stages, templateOf } from './support/template.ts';

test("the stack's page stays a page", () => {
  const page = readFileSync(new URL('../../infra/patchbay-stack.ts', import.meta.url), 'utf8');
  expect(page.split('\n').length).toBeLessThanOrEqual(120);
});

describe.each(stages)('%s', (stage) => {
  const template = templateOf(stage);

  test("leaves room below CloudFormation's limits of 500 resources and 1 MB", () => {
    expect(template.resources.length).toBeLessThan(400);
    expect(template.text.length).toBeLessThan(800_000);
  });

  test('has nothing that waits for itself', () => {
    const leadsTo = new Map(
      template.resources.map(({ id, Properties, DependsOn = [] }) => [id, [...idsIn(Properties), DependsOn].flat()]),
    );
    const done = new Set<string>();
    const visit = (id: string, way: readonly string[]): void => {
      if (done.has(id) || !leadsTo.has(id)) return;
      expect(way, [...way, id].join(' → ')).not.toContain(id);
      for (const next of leadsTo.get(id) ?? []) visit(next, [...way, id]);
      done.add(id);
    };
    for (const id of leadsTo.keys()) visit(id, []);
    expect(done.size).toBe(template.resources.length);
  });

  test("tells the bill whose its nodes' tasks are", () => {
    expect(template.only('ECS::Service').Properties).toMatchObject({
      Tags: [{ Key: 'patchbay:stage', Value: stage }],
      PropagateTags: 'SERVICE',
    });
  });

  test('starts nodes when both of their roles have their rights', () => {
    const { DependsOn = [] } = template.only('ECS::Service');
    const waitsFor = [DependsOn].flat().map((id) => template.byId(id).path);
    expect(waitsFor).toEqual(
      expect.arrayContaining(['Nodes/Task/Role/DefaultPolicy', 'Nodes/Task/Definition/ExecutionRole/DefaultPolicy']),
    );
  });

  test('has the table that the stores were written for', () => {
    const { AttributeDefinitions, KeySchema, GlobalSecondaryIndexes, BillingMode, ...more } =
      template.only('DynamoDB::Table').Properties;
    const sorted = (list: unknown) => [...(list as { AttributeName: string }[])].sort(byName);
    expect(sorted(AttributeDefinitions)).toEqual(sorted(tableDefinition.AttributeDefinitions));
    expect({ KeySchema, GlobalSecondaryIndexes, BillingMode }).toEqual({
      KeySchema: tableDefinition.KeySchema,
      GlobalSecondaryIndexes: tableDefinition.GlobalSecondaryIndexes,
      BillingMode: tableDefinition.BillingMode,
    });
    expect(more).toMatchObject({
      TimeToLiveSpecification: { AttributeName: 'expires_at', Enabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
    });
  });

  const isKept = stage === 'prod';

  test('keeps its data where it is for good, but no empty bucket of a stack that never came up', () => {
    const policies = ['DynamoDB::Table', 'S3::Bucket'].flatMap((type) =>
      template.ofType(type).map(({ path, ...policy }) => [path, [policy.DeletionPolicy, policy.UpdateReplacePolicy]]),
    );
    const goes = ['Delete', 'Delete'];
    const bucket = isKept ? ['RetainExceptOnCreate', 'Retain'] : goes;
    expect(Object.fromEntries(policies)).toEqual({
      'Records/Table': isKept ? ['Retain', 'Retain'] : goes,
      'Recordings/Bucket': bucket,
      'Recordings/AccessLogs': bucket,
      'Console/Files': goes,
    });
  });

  test('can always go back from a first deployment that fails: nothing is to be deleted that cannot be', () => {
    for (const { path, Properties, DeletionPolicy = 'Delete' } of template.resources) {
      const isProtected = Object.entries(Properties).some(
        ([name, value]) =>
          /^(Enable)?(Deletion|Termination)Protection/.test(name) && value !== false && value !== 'DISABLED',
      );
      if (isProtected) expect([path, DeletionPolicy]).toEqual([path, 'Retain']);
    }
    expect(template.only('DynamoDB::Table').Properties.DeletionProtectionEnabled).toBe(isKept);
  });

  test("leaves API Gateway's role of the account where the account's setting names it, come what may", () => {
    for (const resource of [template.only('ApiGateway::Account'), template.only('IAM::Role', 'Api/LogRole')]) {
      expect([resource.path, resource.DeletionPolicy]).toEqual([resource.path, 'Retain']);
    }
  });
});

const byName = (a: { AttributeName: string }, b: { AttributeName: string }) =>
  a.AttributeName < b.AttributeName ? -1 : 1;
