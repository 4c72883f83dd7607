/** What the pages say of the service. */
export interface RestDescription {
  readonly service: string;
  /** Where clients reach it; absent: where the page came from. */
  readonly publicUrl?: string | undefined;
}
