// The X-Ray SDK for Node asked for a decision as often as it can until it is told to end; prints how many it took in each
// second.
const xray = require('aws-xray-sdk-core');
const sampler = require('aws-xray-sdk-core/dist/lib/middleware/sampling/default_sampler');

xray.setDaemonAddress(process.env.AWS_XRAY_DAEMON_ADDRESS);
const taken = {};
const timer = setInterval(() => {
  const before = Math.floor(Date.now() / 1000);
  const rule = sampler.shouldSample({ host: 'h', httpMethod: 'GET', urlPath: '/', serviceName: 'sampled' });
  // A decision on the edge of a second counts for neither: only the SDK knows in which one it was taken.
  if (rule === 'shared' && Math.floor(Date.now() / 1000) === before) taken[before] = (taken[before] ?? 0) + 1;
}, 10);
process.on('SIGTERM', () => {
  clearInterval(timer);
  console.log(JSON.stringify({ taken, rules: {} }));
  process.exit(0);
});
console.log('listening on 0');
