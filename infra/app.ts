/** The CDK app. Deployment to AWS is not built yet: until then it says so instead of deploying nothing. */
console.error('patchbay: the AWS stack is not part of this release; bin/start runs patchbay on one machine');
process.exitCode = 1;
