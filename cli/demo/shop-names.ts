/** Names of the shop's resources, as the deployment makes and the drills find them. */
export const shop = {
  cluster: 'shop',
  loadBalancer: 'shop',
  namespace: 'shop.local',
  table: 'shop-last-access',
  backendRole: 'shop-backend',
  backendPolicy: 'shop-table-write',
  canary: 'shop-heartbeat',
  alarm: 'shop-canary-failing',
} as const;
