'use strict';
const { PutItemCommand } = require('@aws-sdk/client-dynamodb');

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Writes when this service was last used. The page goes on without it, so an error is logged and not thrown. */
async function recordLastAccess(dynamodb, service) {
  const delayMs = Number(process.env.WRITE_DELAY_MS ?? 0);
  if (delayMs > 0) await wait(delayMs);
  try {
    await dynamodb.send(
      new PutItemCommand({
        TableName: process.env.TABLE_NAME,
        Item: { service: { S: service }, lastAccess: { S: new Date().toISOString() } },
      }),
    );
  } catch (error) {
    console.error(`cannot record the last access of ${service}:`, error);
  }
}

module.exports = { recordLastAccess };
