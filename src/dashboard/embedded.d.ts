/** Set by the build: the dashboard's files are in this binary. */
declare const DASHBOARD_EMBEDDED: true;

declare module "dashboard:*" {
  /** Where the file lies inside the binary. */
  const path: string;
  export default path;
}
