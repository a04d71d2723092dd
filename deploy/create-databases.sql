-- The image makes one database (prefect); MLflow keeps its tables in another.
CREATE DATABASE mlflow OWNER descent;
