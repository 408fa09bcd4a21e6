import { ApiMapping, DomainName, SecurityPolicy } from 'aws-cdk-lib/aws-apigatewayv2';
import { ARecord, RecordTarget } from 'aws-cdk-lib/aws-route53';
import { ApiGatewayv2DomainProperties } from 'aws-cdk-lib/aws-route53-targets';
import { Construct } from 'constructs';
import type { DomainProps } from '../props.ts';
import type { Api } from './api.ts';

/** The API at wss://name, without its stage. */
export class Domain extends Construct {
  readonly url: string;
  /** What the name has to point at. */
  readonly target: string;

  constructor(
    scope: Construct,
    id: string,
    { name, certificate, hostedZone, api }: DomainProps & { readonly api: Api },
  ) {
    super(scope, id);
    const domain = new DomainName(this, 'Name', {
      domainName: name,
      certificate,
      securityPolicy: SecurityPolicy.TLS_1_2,
    });
    new ApiMapping(this, 'Mapping', { api: api.api, domainName: domain, stage: api.stage });
    this.url = `wss://${name}`;
    this.target = domain.regionalDomainName;
    if (!hostedZone) return;
    new ARecord(this, 'Record', {
      zone: hostedZone,
      recordName: `${name}.`,
      target: RecordTarget.fromAlias(
        new ApiGatewayv2DomainProperties(domain.regionalDomainName, domain.regionalHostedZoneId),
      ),
    });
  }
}
