// One call of a Node SDK over https, for ../https.py.
'use strict';
const OpenApi = require('@alicloud/openapi-client');
const { RuntimeOptions } = require('@alicloud/tea-util');

const { KEY, SECRET, REGION } = process.env;
const client = new OpenApi.default(new OpenApi.Config({
  accessKeyId: KEY, accessKeySecret: SECRET, endpoint: `ecs.${REGION}.aliyuncs.com`, protocol: 'HTTPS', regionId: REGION,
}));
const params = new OpenApi.Params({
  action: 'DescribeInstances', version: '2014-05-26', pathname: '/', method: 'POST', style: 'RPC', protocol: 'HTTPS', authType: 'AK',
  reqBodyType: 'json', bodyType: 'json',
});
const request = new OpenApi.OpenApiRequest({ query: { RegionId: REGION, InstanceIds: '["i-1"]' } });
client.callApi(params, request, new RuntimeOptions({ maxAttempts: 1, autoretry: false })).catch((error) => {
  console.error(`${error.code} ${error.message}`);
  process.exitCode = 1;
});
