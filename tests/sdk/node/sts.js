// Makes what ../sts.py asks for with the Node SDKs, as ../sts_calls.py does with those of Python.
'use strict';
const readline = require('readline');

const Credential = require('@alicloud/credentials').default;
const OpenApi = require('@alicloud/openapi-client');
const Sts = require('@alicloud/sts20150401');
const { RuntimeOptions } = require('@alicloud/tea-util');
const OSS = require('ali-oss');

const REGION = process.env.REGION;
const BUCKET = process.env.BUCKET;
const ECS_HOST = `ecs.${REGION}.aliyuncs.com`;
const STS_HOST = `sts.${REGION}.aliyuncs.com`;
const KEEP_OUT = { maxAttempts: 1, autoretry: false, connectTimeout: 5000, readTimeout: 10000 };
const providers = {};

// ---------------------------------------------------------------- credentials
const UPPER = { credentialsUri: 'credentialsURI' };

// The settings have the names that they have in Python.
function camel(snake) {
  const name = snake.replace(/_(.)/g, (_, letter) => letter.toUpperCase());
  return UPPER[name] || name;
}

// A provider of these settings; the default chain without any.
async function provider({ name, config }) {
  const settings = config && Object.fromEntries(Object.entries(config).map(([key, value]) => [camel(key), value]));
  providers[name] = new Credential(settings);
  return who({ name });
}

async function who({ name }) {
  const found = await providers[name].getCredential();
  return { id: found.accessKeyId, provider: found.providerName || found.type };
}

async function assume({ key, secret, role_arn: roleArn, role_session_name: roleSessionName }) {
  const client = new Sts.default({ accessKeyId: key, accessKeySecret: secret, endpoint: STS_HOST, protocol: 'HTTPS', regionId: REGION });
  const { body } = await client.assumeRole(new Sts.AssumeRoleRequest({ roleArn, roleSessionName }));
  const found = body.credentials;
  return { id: found.accessKeyId, secret: found.accessKeySecret, token: found.securityToken, arn: body.assumedRoleUser.arn };
}

// ---------------------------------------------------------------- services
async function ecs(credential) {
  const client = new OpenApi.default(new OpenApi.Config({ credential, endpoint: ECS_HOST, protocol: 'HTTPS', regionId: REGION }));
  const params = new OpenApi.Params({
    action: 'DescribeInstances', version: '2014-05-26', pathname: '/', method: 'POST', style: 'RPC', protocol: 'HTTPS', authType: 'AK',
    reqBodyType: 'json', bodyType: 'json',
  });
  await client.callApi(params, new OpenApi.OpenApiRequest({ query: { RegionId: REGION } }), new RuntimeOptions(KEEP_OUT));
}

async function sts(credential) {
  const client = new Sts.default({ credential, endpoint: STS_HOST, protocol: 'HTTPS', regionId: REGION });
  return (await client.getCallerIdentity()).body.arn;
}

async function oss(credential) {
  const found = await credential.getCredential();
  const client = new OSS({
    accessKeyId: found.accessKeyId, accessKeySecret: found.accessKeySecret, stsToken: found.securityToken, bucket: BUCKET,
    region: `oss-${REGION}`, secure: true, authorizationV4: true, retryMax: 0, timeout: 10000, refreshSTSTokenInterval: 3600000,
  });
  await client.put('node.txt', Buffer.from('hello world'));
}

const SERVICES = { ecs, sts, oss };
const CALLS = { provider, who, assume, use: ({ name, service }) => SERVICES[service](providers[name]) };

// ---------------------------------------------------------------- the worker
function described(error) {
  return { class: error.name || '', code: String(error.code || ''), status: error.status || error.statusCode || null, message: String(error.message).slice(0, 500) };
}

async function answer(line) {
  const { do: call, ...asked } = JSON.parse(line);
  try {
    return { value: (await CALLS[call](asked)) || null };
  } catch (error) {
    return { error: described(error) };
  }
}

async function main() {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    process.stdout.write(`${JSON.stringify(await answer(line))}\n`);
  }
  process.exit(0); // the SDKs keep connections open
}

main();
