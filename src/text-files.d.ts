/** The entry of threads beside the file that runs. Set by the build of the npm package. */
declare const WORKER_FILE: string;

declare module "*.yaml" {
  const text: string;
  export default text;
}

declare module "*.lua" {
  const text: string;
  export default text;
}
