import { Aws, Duration, Fn, Stack } from 'aws-cdk-lib';
import {
  AllowedMethods,
  CachePolicy,
  Distribution,
  Function as EdgeFunction,
  FunctionCode,
  FunctionEventType,
  FunctionRuntime,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  PriceClass,
  ResponseHeadersPolicy,
  S3OriginAccessControl,
  ViewerProtocolPolicy,
} from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { type Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { BucketDeployment, CacheControl, Source } from 'aws-cdk-lib/aws-s3-deployment';
import { Construct } from 'constructs';
import { asset } from '../assets.ts';
import type { Api } from './api.ts';
import { ClosedBucket } from './bucket.ts';
import { explain, explainWildcards } from './findings.ts';
import type { Logs } from './logs.ts';
import { placeOf } from './names.ts';
import type { Recordings } from './recordings.ts';

export interface ConsoleProps {
  readonly api: Api;
  readonly logs: Logs;
  readonly recordings: Recordings;
}

/** The web console: its files in a bucket that only CloudFront reads. */
export class Console extends Construct {
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, { api, logs, recordings }: ConsoleProps) {
    super(scope, id);
    const bucket = new ClosedBucket(this, 'Files', {
      logs,
      // Made again by the next deployment.
      keep: false,
      encryption: BucketEncryption.S3_MANAGED,
      serverAccessLogsBucket: recordings.accessLogs,
      serverAccessLogsPrefix: 'console/',
    });
    // https://…/stage → https://…
    const apiOrigin = Fn.join('/', [Fn.select(0, Fn.split('/', api.url)), '', Fn.select(2, Fn.split('/', api.url))]);
    // CloudFront's names are of the account, not of a Region.
    const name = (of: string) => `patchbay-${of}-${placeOf(this)}-${Aws.REGION}`;
    const headers = new ResponseHeadersPolicy(this, 'Headers', {
      responseHeadersPolicyName: name('headers'),
      securityHeadersBehavior: {
        contentSecurityPolicy: {
          contentSecurityPolicy: Fn.join('', [
            "default-src 'self'; connect-src 'self' ",
            apiOrigin,
            "; media-src 'self' blob: mediastream:; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
            "; base-uri 'none'; frame-ancestors 'none'; form-action 'none'",
          ]),
          override: true,
        },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
    });
    this.distribution = new Distribution(this, 'Distribution', {
      comment: 'patchbay console',
      defaultRootObject: 'index.html',
      priceClass: PriceClass.PRICE_CLASS_100,
      enableLogging: false,
      defaultBehavior: {
        origin: S3BucketOrigin.withOriginAccessControl(bucket, {
          originAccessControl: new S3OriginAccessControl(this, 'Access', { originAccessControlName: name('files') }),
        }),
        viewerProtocolPolicy: ViewerProtocolPolicy.REDIRECT_TO_HTTPS,
        allowedMethods: AllowedMethods.ALLOW_GET_HEAD,
        cachePolicy: CachePolicy.CACHING_OPTIMIZED,
        responseHeadersPolicy: headers,
        functionAssociations: [{ function: this.#whereTheApiIs(api), eventType: FunctionEventType.VIEWER_REQUEST }],
      },
    });
    const deployment = new BucketDeployment(this, 'Deployment', {
      destinationBucket: bucket,
      sources: [Source.asset(asset('console', 'dist'))],
      cacheControl: [CacheControl.maxAge(Duration.minutes(5))],
      logGroup: logs.functions,
      memoryLimit: 512,
    });
    this.#explainDeployment(deployment, bucket);
    explain(this.distribution, {
      CFR1: 'Operators may be anywhere; the page holds no data, and the API asks for a token.',
      CFR2: 'A few static files: a web application firewall has nothing to look at.',
      CFR3: "The bucket's own access log has the same requests but for those that CloudFront answers by itself, which are public files.",
      CFR4: "CloudFront's own domain name comes with its own certificate and TLS policy; give the distribution a domain to choose another.",
    });
  }

  /** CDK's own function that copies the files: its role and runtime are as CDK makes them. */
  #explainDeployment({ handlerRole }: BucketDeployment, bucket: Bucket): void {
    const copies = "CDK's function copies the console's files, and has the rights that CDK gives it for that:";
    const { account, region } = Stack.of(this);
    const assets = Stack.of(this).formatArn({
      service: 's3',
      region: '',
      account: '',
      resource: `cdk-${this.node.tryGetContext('@aws-cdk/core:bootstrapQualifier') ?? 'hnb659fds'}-assets-${account}-${region}`,
      resourceName: '*',
    });
    explainWildcards(
      handlerRole,
      `${copies} the objects of CDK's own bucket, and of the console's.`,
      assets,
      bucket.arnForObjects('*'),
    );
    const actions = ['Abort', 'DeleteObject', 'GetBucket', 'GetObject', 'List'];
    const basic = 'service-role/AWSLambdaBasicExecutionRole';
    explain(handlerRole, {
      ...Object.fromEntries(actions.map((name) => [`IAM5[Action::s3:${name}*]`, `${copies} on these two buckets.`])),
      [`IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/${basic}]`]: `${copies} to write its log.`,
    });
    const handler = handlerRole.node.scope;
    if (handler)
      explain(handler, { L1: "CDK chooses its function's runtime, and keeps it up to date with its releases." });
  }

  /** The page asks the host that served it unless its address names another: so a page without one is sent to one with it. */
  #whereTheApiIs(api: Api): EdgeFunction {
    return new EdgeFunction(this, 'WhereTheApiIs', {
      runtime: FunctionRuntime.JS_2_0,
      comment: 'names the API in the address of the console',
      code: FunctionCode.fromInline(
        Fn.join('', [
          'function handler(event){var r=event.request;',
          "if(r.uri!=='/'||r.querystring.api)return r;",
          "return{statusCode:302,statusDescription:'Found',headers:{location:{value:'/?api='+encodeURIComponent('",
          api.url,
          "')}}}}",
        ]),
      ),
    });
  }
}
