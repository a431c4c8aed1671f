//! How far a scaler has come with the history of its demand. It serves what is observed meanwhile.

/// How far it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum History {
    /// It waits for its turn.
    Awaited,
    /// It is being read and learned.
    Learning,
    /// It has been learned, or there is none.
    Learned,
    /// It could not be read.
    Failed {
        /// Why, in the source's words.
        message: String,
    },
}
