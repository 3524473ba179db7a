// The docs page loads swagger-ui-bundle.js; this spelling of it stays out of the programs.
