//! fpvm against what nobody here wrote.
