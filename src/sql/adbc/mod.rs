//! Connections through drivers of ADBC, which are shared libraries. To load one is to run its code, so a driver is named
//! only by a connection profile of the user, never by definitions.

mod driver;
mod profile;

pub(crate) use driver::AdbcConnection;
pub(crate) use profile::Profile;
