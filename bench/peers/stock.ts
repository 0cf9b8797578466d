/** Where Debian's packages put what the bench takes from them unchanged: FreeRADIUS's schema, queries and policies. */
export const FREERADIUS_CONFIG = '/etc/freeradius/3.0'
export const FREERADIUS_SCHEMA = `${FREERADIUS_CONFIG}/mods-config/sql/main/postgresql/schema.sql`
