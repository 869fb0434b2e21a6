// Preloaded: names of the cloud lead to one port of loopback, any other name fails. See ../names.py.
'use strict';
const net = require('net');

const CLOUD = /\.(aliyuncs\.com|fcapp\.run)$/;
const LOOPBACK = /^(127\.0\.0\.1|localhost)$/;
const METADATA = '100.100.100.200';
const port = Number(process.env.RELAY_PORT);
const metadata = Number(process.env.METADATA_PORT);
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...args) {
  const options = Array.isArray(args[0]) ? args[0][0] : args[0];
  const host = String((options && options.host) || '');
  if (CLOUD.test(host)) {
    Object.assign(options, { host: '127.0.0.1', port });
  } else if (host === METADATA && metadata) {
    Object.assign(options, { host: metadata === 80 ? METADATA : '127.0.0.1', port: metadata });
  } else if (!LOOPBACK.test(host)) {
    throw new Error(`this process knows no way to ${host}`);
  }
  return connect.apply(this, args);
};
