//! RV64IMA and the state of Asterisc.
