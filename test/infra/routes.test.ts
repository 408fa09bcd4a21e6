import { describe, expect, test } from 'vitest';
import { functionNames } from '../../lib/command/needs.ts';
import { commandNames, routes } from '../../lib/protocol/commands.ts';
import { idsIn, type Resource, stages, templateOf } from './support/template.ts';

describe.each(stages)('%s', (stage) => {
  const template = templateOf(stage);
  const api = template.only('ApiGatewayV2::Api');

  /** The function that a route leads to. */
  const functionOf = (route: Resource): Resource => {
    const [integrationId = ''] = idsIn(route.Properties.Target);
    const integration = template.byId(integrationId);
    expect(integration.Properties.IntegrationType).toBe('AWS_PROXY');
    const [functionId = ''] = idsIn(integration.Properties.IntegrationUri).filter((id) => !id.startsWith('AWS::'));
    return template.byId(functionId);
  };
  const routeKeys = template.ofType('ApiGatewayV2::Route').map(({ Properties }) => String(Properties.RouteKey));
  const routeOf = (routeKey: string): Resource => {
    const found = template.ofType('ApiGatewayV2::Route').filter(({ Properties }) => Properties.RouteKey === routeKey);
    expect(found, routeKey).toHaveLength(1);
    return found[0] as Resource;
  };
  const answers = (route: Resource) =>
    template
      .ofType('ApiGatewayV2::RouteResponse')
      .filter(({ Properties }) => idsIn(Properties.RouteId).includes(route.id))
      .map(({ Properties }) => Properties.RouteResponseKey);
  const mayCall = (fn: Resource, suffix: string) =>
    template
      .ofType('Lambda::Permission')
      .filter(({ Properties }) => idsIn(Properties.FunctionName).includes(fn.id))
      .some(
        ({ Properties }) =>
          Properties.Principal === 'apigateway.amazonaws.com' && JSON.stringify(Properties.SourceArn).includes(suffix),
      );

  test('a message is routed by its subclass and cmd', () => {
    expect(api.Properties).toMatchObject({
      Name: `patchbay-${stage}`,
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: `\${request.body.subclass}/\${request.body.cmd}`,
    });
  });

  test('the routes are those of the command table, older names included, and the three of API Gateway', () => {
    expect(routeKeys.sort()).toEqual(['$connect', '$default', '$disconnect', ...routes.keys()].sort());
  });

  test.each([...routes])('%s leads to the function of %s, which may be called and answers', (routeKey, command) => {
    const route = routeOf(routeKey);
    const fn = functionOf(route);
    expect(fn.Properties.Description).toBe(`patchbay ${command}`);
    expect(answers(route)).toEqual(['$default']);
    expect(route.Properties.RouteResponseSelectionExpression).toBe('$default');
    expect(mayCall(fn, `/*${routeKey}`)).toBe(true);
  });

  test.each([
    ['$connect', 'connect', 0],
    ['$disconnect', 'disconnect', 0],
    ['$default', 'default', 1],
  ])('%s leads to %s', (routeKey, name, responses) => {
    const route = routeOf(routeKey);
    const fn = functionOf(route);
    expect(fn.Properties.Description).toBe(`patchbay ${name}`);
    expect(answers(route)).toHaveLength(responses);
    expect(mayCall(fn, `/*${routeKey}`)).toBe(true);
  });

  test('there is no integration, route response or function besides', () => {
    const used = new Set(template.ofType('ApiGatewayV2::Route').flatMap(({ Properties }) => idsIn(Properties.Target)));
    expect(
      template
        .ofType('ApiGatewayV2::Integration')
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...used].sort());
    expect(used.size).toBe(commandNames.length + 3);
    expect(template.ofType('ApiGatewayV2::RouteResponse')).toHaveLength(routes.size + 1);
    const ours = template.ofType('Lambda::Function').filter(({ path }) => path.startsWith('Functions/'));
    expect(ours.map(({ Properties }) => Properties.Description).sort()).toEqual(
      functionNames.map((name) => `patchbay ${name}`).sort(),
    );
  });

  test('$connect is authorized by `authorize`, whatever a client sends along', () => {
    const authorizer = template.only('ApiGatewayV2::Authorizer');
    const connect = routeOf('$connect');
    expect(connect.Properties).toMatchObject({ AuthorizationType: 'CUSTOM', AuthorizerId: { Ref: authorizer.id } });
    expect(authorizer.Properties).toMatchObject({ AuthorizerType: 'REQUEST', IdentitySource: [] });
    const [functionId = ''] = idsIn(authorizer.Properties.AuthorizerUri).filter((id) => !id.startsWith('AWS::'));
    expect(template.byId(functionId).Properties.Description).toBe('patchbay authorize');
  });

  test('the stage deploys itself, is throttled, and logs who did what', () => {
    expect(template.only('ApiGatewayV2::Stage').Properties).toMatchObject({
      StageName: stage,
      AutoDeploy: true,
      DefaultRouteSettings: { ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000, DetailedMetricsEnabled: false },
      AccessLogSettings: { DestinationArn: { 'Fn::GetAtt': [expect.stringMatching(/^LogsAccess/), 'Arn'] } },
    });
  });
});
