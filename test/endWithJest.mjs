// What a failed test left open would keep its process when jest has gone.
process.once('disconnect', () => process.exit());
