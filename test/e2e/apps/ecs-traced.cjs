// A task that traces its work with the X-Ray SDK and its ECS plugin, and writes of it: one line names the trace, one does not.
const xray = require('aws-xray-sdk-core');

xray.config([xray.plugins.ECSPlugin]);
setInterval(() => {
  const segment = new xray.Segment('in-a-task');
  console.log(`work of ${segment.trace_id}`);
  console.log('a line that names nothing');
  setTimeout(() => segment.close(), 200);
}, 1000);
