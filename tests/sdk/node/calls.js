// Makes calls of the Node SDKs for ../cases/node.py: a JSON line in says which, a JSON line out says what came of it.
'use strict';
const readline = require('readline');

const OpenApi = require('@alicloud/openapi-client');
const { RPCClient, ROAClient } = require('@alicloud/pop-core');
const { RuntimeOptions } = require('@alicloud/tea-util');
const OSS = require('ali-oss');

const REGION = process.env.REGION;
const ECS = `ecs.${REGION}.aliyuncs.com`;
const CS = `cs.${REGION}.aliyuncs.com`;
const FC = `fcv3.${REGION}.aliyuncs.com`;
const KEEP_OUT = { maxAttempts: 1, autoretry: false, connectTimeout: 5000, readTimeout: 10000 };

// ---------------------------------------------------------------- the current SDK
function tea(caller, endpoint, algorithm, { params, query, body }) {
  const client = new OpenApi.default(new OpenApi.Config({
    accessKeyId: caller.key, accessKeySecret: caller.secret, securityToken: caller.token || undefined,
    endpoint, protocol: 'HTTP', regionId: REGION, signatureAlgorithm: algorithm,
  }));
  const common = { protocol: 'HTTP', authType: 'AK', bodyType: 'json' };
  return client.callApi(new OpenApi.Params({ ...common, ...params }), new OpenApi.OpenApiRequest({ query, body }), new RuntimeOptions(KEEP_OUT))
    .then((answer) => answer.statusCode);
}

function teaForm(algorithm) {
  const params = { action: 'RunCommand', version: '2014-05-26', pathname: '/', method: 'POST', style: 'RPC', reqBodyType: 'formData' };
  return (caller, { odd }) => tea(caller, ECS, algorithm, { params, query: { RegionId: REGION, Q: odd }, body: { CommandContent: odd, Name: '' } });
}

function teaClusters(algorithm) {
  const params = { action: 'DescribeClusters', version: '2015-12-15', pathname: '/clusters', method: 'GET', style: 'ROA', reqBodyType: 'json' };
  return (caller, { odd }) => tea(caller, CS, algorithm, { params, query: { name: odd, flag: '' } });
}

function teaJson(caller, { odd }) {
  const params = { action: 'CreateFunction', version: '2023-03-30', pathname: '/2023-03-30/functions', method: 'POST', style: 'ROA', reqBodyType: 'json' };
  return tea(caller, FC, undefined, { params, body: { functionName: 'hello', runtime: 'nodejs20', handler: 'index.handler', description: odd } });
}

// ---------------------------------------------------------------- the classic SDK
function rpc(method) {
  return async (caller, { odd }) => {
    const client = new RPCClient({
      accessKeyId: caller.key, accessKeySecret: caller.secret, securityToken: caller.token || undefined,
      endpoint: `http://${ECS}`, apiVersion: '2014-05-26',
    }, true);
    const [, entry] = await client.request('DescribeInstances', { RegionId: REGION, InstanceName: odd, Empty: '' }, { method });
    return entry.response.statusCode;
  };
}

function roa(caller) {
  return new ROAClient({
    accessKeyId: caller.key, accessKeySecret: caller.secret, securityToken: caller.token || undefined,
    endpoint: `http://${CS}`, apiVersion: '2015-12-15',
  });
}

const roaGet = (caller, { odd }) => roa(caller).get('/clusters/c-123/nodes', { name: odd, empty: '' }).then(() => 200);
const roaPost = (caller, { text }) => roa(caller).post('/clusters', {}, text, { 'content-type': 'application/json' }).then(() => 200);

// ---------------------------------------------------------------- OSS
function oss(caller, version, bucket) {
  return new OSS({
    accessKeyId: caller.key, accessKeySecret: caller.secret, stsToken: caller.token || undefined,
    region: `oss-${REGION}`, bucket, secure: false, authorizationV4: version === 'v4', retryMax: 0, timeout: 10000,
    refreshSTSTokenInterval: 3600000, // or it warns with every session
  });
}

const OBJECT_CALLS = {
  put: (client, { key, body }) => client.put(key, Buffer.from(body), { meta: { author: 'Ali Baba' }, mime: 'text/plain' }),
  get: (client, { key }) => client.get(key, { headers: { Range: 'bytes=0-4' } }),
  head: (client, { key }) => client.head(key),
  list: (client, { prefix }) => client.listV2({ prefix, delimiter: '/', 'max-keys': 10 }),
  copy: (client, { key, source }) => client.copy(key, source),
  tag: (client, { key, tags }) => client.putObjectTagging(key, tags),
  remove: (client, { keys }) => client.deleteMulti(keys),
  multipart: (client, { key, size }) => client.multipartUpload(key, Buffer.alloc(size, 'p'), { partSize: 100 * 1024, parallel: 1 }),
};

// The steps of ../cases/least_oss.py, each a single request.
const TOUR = {
  'create-bucket': (client, { bucket }) => client.putBucket(bucket),
  put: (client, { key, body }) => client.put(key, Buffer.from(body)),
  'put-tagged': (client, { key, body }) => client.put(key, Buffer.from(body), { headers: { 'x-oss-tagging': 'k=v' } }),
  'list-v1': (client, { prefix }) => client.list({ prefix }),
  'list-v2': (client, { prefix }) => client.listV2({ prefix }),
  get: (client, { key }) => client.get(key),
  head: (client, { key }) => client.head(key),
  meta: (client, { key }) => client.getObjectMeta(key),
  initiate: (client, { key }) => client.initMultipartUpload(key),
  'upload-part': (client, { key, upload, part }) => client.uploadPart(key, upload, 1, Buffer.from(part), 0, part.length),
  'copy-part': (client, { key, upload, bucket, source }) => client.uploadPartCopy(key, upload, 2, '0-4', { sourceBucketName: bucket, sourceKey: source }),
  'list-parts': (client, { key, upload }) => client.listParts(key, upload),
  'list-uploads': (client) => client.listUploads(),
  complete: (client, { key, upload }) => client.completeMultipartUpload(key, upload, [{ number: 1, etag: 'E' }]),
  abort: (client, { key, upload }) => client.abortMultipartUpload(key, upload),
  copy: (client, { key, source }) => client.copy(key, source),
  tag: (client, { key, tags }) => client.putObjectTagging(key, tags),
  tags: (client, { key }) => client.getObjectTagging(key),
  untag: (client, { key }) => client.deleteObjectTagging(key),
  'tag-bucket': (client, { bucket, tags }) => client.putBucketTags(bucket, tags),
  'bucket-tags': (client, { bucket }) => client.getBucketTags(bucket),
  'untag-bucket': (client, { bucket }) => client.deleteBucketTags(bucket),
  'batch-delete': (client, { keys }) => client.deleteMulti(keys),
  delete: (client, { key }) => client.delete(key),
  'delete-bucket': (client, { bucket }) => client.deleteBucket(bucket),
};

function ossCall(version, call) {
  return async (caller, options) => {
    const answer = await call(oss(caller, version, options.bucket), options);
    return answer.res.status;
  };
}

const signedUrls = {
  v1: (client, { method, key, expires }) => client.signatureUrl(key, { method, expires }),
  v4: (client, { method, key, expires }) => client.signatureUrlV4(method, expires, { headers: {} }, key),
};

const CALLS = {
  'tea-form': teaForm(), 'tea-form-v2': teaForm('v2'), 'tea-roa': teaClusters(), 'tea-roa-v2': teaClusters('v2'), 'tea-json': teaJson,
  'rpc-get': rpc('GET'), 'rpc-post': rpc('POST'), 'roa-get': roaGet, 'roa-post': roaPost,
};
for (const version of ['v1', 'v4']) {
  for (const [name, call] of Object.entries(OBJECT_CALLS)) CALLS[`oss-${version}-${name}`] = ossCall(version, call);
  for (const [name, call] of Object.entries(TOUR)) CALLS[`oss-${version}-tour-${name}`] = ossCall(version, call);
  CALLS[`oss-${version}-url`] = (caller, options) => signedUrls[version](oss(caller, version, options.bucket), options);
}

// ---------------------------------------------------------------- what the SDK's error says
function described(error) {
  const data = error.data || error.result || {};
  const sent = error.entry && error.entry.response;
  return {
    name: error.name || '',
    code: error.code || '',
    status: error.status || error.statusCode || (sent && sent.statusCode) || null,
    request: error.requestId || data.RequestId || '',
    detail: error.accessDeniedDetail || data.AccessDeniedDetail || null,
    message: String(error.message),
  };
}

async function answer(line) {
  const { call, caller, options } = JSON.parse(line);
  try {
    return { value: await CALLS[call](caller, options) };
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
