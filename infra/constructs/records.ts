import { RemovalPolicy } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { Effect, type IRole, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Construct } from 'constructs';
import { leadingKeys, type Operation, operations, type RecordKind, type TableNeeds } from '../../lib/command/needs.ts';
import { keyStatement } from './encryption.ts';

const actions: Readonly<Record<Operation, string>> = {
  get: 'dynamodb:GetItem',
  query: 'dynamodb:Query',
  put: 'dynamodb:PutItem',
  update: 'dynamodb:UpdateItem',
  delete: 'dynamodb:DeleteItem',
};
export const tableActions = Object.values(actions);

export interface RecordsProps {
  readonly encryptionKey?: IKey | undefined;
  readonly keepData: boolean;
  readonly warmThroughput?: { readonly readUnitsPerSecond?: number; readonly writeUnitsPerSecond?: number } | undefined;
}

/** The one table: paid by request, restorable to any second of the last 35 days. Its records: `lib/store/table-definition.ts`. */
export class Records extends Construct {
  readonly table: Table;
  readonly #encryptionKey: IKey | undefined;

  constructor(scope: Construct, id: string, { encryptionKey, keepData, warmThroughput }: RecordsProps) {
    super(scope, id);
    this.#encryptionKey = encryptionKey;
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: 'expires_at',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: keepData,
      // Also after a first deployment that fails: what is protected cannot be deleted, and the way back would fail for it.
      removalPolicy: keepData ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
      ...(warmThroughput && {
        warmThroughput: {
          readUnitsPerSecond: warmThroughput.readUnitsPerSecond ?? onDemandStart.readUnitsPerSecond,
          writeUnitsPerSecond: warmThroughput.writeUnitsPerSecond ?? onDemandStart.writeUnitsPerSecond,
        },
      }),
      ...(encryptionKey
        ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
        : { encryption: TableEncryption.DEFAULT }),
    });
    this.table.addGlobalSecondaryIndex({
      indexName: onNode,
      partitionKey: { name: 'node_shard', type: AttributeType.STRING },
      sortKey: { name: 'pk', type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
  }

  /** Allows what is declared, on the records that are declared, and nothing else: no scan, no other kind of record. */
  grant(role: IRole, needs: TableNeeds): void {
    const { onNode: ofIndex = [], ...ofTable } = needs;
    for (const operation of operations) {
      const kinds = (Object.keys(ofTable) as RecordKind[]).filter((kind) => needs[kind]?.includes(operation));
      if (kinds.length > 0) role.addToPrincipalPolicy(statement(operation, this.table.tableArn, kinds));
      if (ofIndex.includes(operation)) role.addToPrincipalPolicy(statement(operation, this.indexArn, ['onNode']));
    }
    if (this.#encryptionKey && Object.keys(needs).length > 0) {
      role.addToPrincipalPolicy(keyStatement(this.#encryptionKey, 'dynamodb'));
    }
  }

  get indexArn(): string {
    return `${this.table.tableArn}/index/${onNode}`;
  }
}

const onNode = 'on_node';
/** What a new table on demand can take at once: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/warm-throughput.html */
const onDemandStart = { readUnitsPerSecond: 12_000, writeUnitsPerSecond: 4000 };

const statement = (operation: Operation, resource: string, kinds: readonly RecordKind[]) =>
  new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [actions[operation]],
    resources: [resource],
    // Every key that a request names must be one of these; the actions above all name one.
    conditions: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': kinds.map((kind) => leadingKeys[kind]) } },
  });
