"""The platform API, /platform/v1/: how the operator's messenger brings its people in."""
