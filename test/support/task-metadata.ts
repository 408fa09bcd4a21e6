/**
 * What a task of Fargate says of itself, but for what nobody reads.
 * https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
 */
export const taskMetadata = (privateAddress: string) => ({
  Cluster: 'arn:aws:ecs:eu-west-1:111122223333:cluster/patchbay-staging',
  TaskARN: `arn:aws:ecs:eu-west-1:111122223333:task/patchbay-staging/${taskId}`,
  Family: 'patchbay-node',
  Revision: '3',
  DesiredStatus: 'RUNNING',
  KnownStatus: 'NONE',
  LaunchType: 'FARGATE',
  Containers: [
    { Name: 'janus', KnownStatus: 'PULLED', Networks: [] },
    {
      Name: 'configure',
      KnownStatus: 'RUNNING',
      Networks: [
        {
          NetworkMode: 'awsvpc',
          IPv4Addresses: [privateAddress],
          IPv6Addresses: ['2001:db8:10:1:1::7'],
          MACAddress: '02:7d:c8:07:dd:1f',
          PrivateDNSName: 'ip-10-0-1-7.eu-west-1.compute.internal',
        },
      ],
    },
  ],
});

export const taskId = '158d1c8083dd49d6b527399fd6414f5c';
