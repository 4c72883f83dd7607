/** Topics that the broker alone publishes to, whoever else is allowed to do what. [MQTT-4.7.2-1] */
export const isSystemTopic = (topic: string): boolean => topic.startsWith("$SYS/") || topic === "$SYS";
