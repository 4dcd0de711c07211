// Owns the precompiled header; see compiler/Precompiled.h.
